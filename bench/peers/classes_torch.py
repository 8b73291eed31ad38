"""A 784-p-10 ReLU network with feedback alignment on MNIST in PyTorch.

Modes: eager, autograd with a Function whose backward pass sends the error through b; compile,
the explicit update under torch.compile.
"""

import serve

args = serve.arguments()


def load():
    import torch

    return torch


torch = serve.packages(load)
torch.set_num_threads(args.threads)

from mnist import Images

functional = torch.nn.functional
ETA = args.step_size
images = Images(args.problem, args.batch, args.precision)
X, FIRST = torch.from_numpy(images.inputs), torch.from_numpy(images.first)
LABELS = torch.from_numpy(images.labels)
CODED = functional.one_hot(LABELS, 10).to(X.dtype)


class FeedbackLinear(torch.autograd.Function):
    """a beta' forward; the error goes back through b."""

    @staticmethod
    def forward(ctx, a, beta, b):
        ctx.save_for_backward(a, b)
        return a @ beta.t()

    @staticmethod
    def backward(ctx, error):
        a, b = ctx.saved_tensors
        return error @ b, error.t() @ a, None


def eager(x, labels, w, beta, b):
    a = torch.relu(functional.linear(x, w))
    loss = functional.cross_entropy(FeedbackLinear.apply(a, beta, b), labels)
    loss.backward()
    with torch.no_grad():
        for weights in (w, beta):
            weights.sub_(weights.grad, alpha=ETA)
            weights.grad = None
    return loss


@torch.no_grad()
def explicit(x, coded, w, beta, b):
    a = torch.relu(x @ w.t())
    log_share = torch.log_softmax(a @ beta.t(), 1)
    e = (log_share.exp() - coded) / x.shape[0]
    s = (e @ b) * (a > 0)
    beta.addmm_(e.t(), a, alpha=-ETA)
    w.addmm_(s.t(), x, alpha=-ETA)
    return -(log_share * coded).sum() / x.shape[0]


is_eager = args.mode == "eager"
step = eager if is_eager else torch.compile(explicit)
targets = LABELS if is_eager else CODED


def train(w, beta, b, order, check):
    # A check stays on the first images, which have their own scaling.
    inputs = FIRST if check else X
    losses = [step(inputs[rows], targets[rows], w, beta, b) for rows in order]
    return [loss.detach() for loss in losses], w, beta


def prepare(steps, runs, check):
    order = torch.from_numpy(images.order(steps, check))

    def start():
        w, beta, b = (torch.from_numpy(v.copy()) for v in images.start)
        return w.requires_grad_(is_eager), beta.requires_grad_(is_eager), b

    train(*start(), order[:3], check)
    copies = start()
    return lambda: train(*copies, order, check)


def measure(outcome):
    losses, w, beta = outcome
    return images.measure([float(loss) for loss in losses], w.detach(), beta.detach())


serve.serve(
    {"versions": {"torch": torch.__version__}, "blas": torch.__config__.show()}, prepare, measure
)
