"""A LeNet with feedback alignment on MNIST in PyTorch.

Functions of autograd send the error through fixed weights of each layer's shape. Modes: eager;
channels_last, images and kernels in that order of memory; compile, the step under torch.compile.
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
ORDER = {"channels_last": torch.channels_last}.get(args.mode, torch.contiguous_format)
images = Images(args.problem, args.batch, args.precision)


def as_images(rows):
    return torch.from_numpy(rows).view(-1, 1, 28, 28).contiguous(memory_format=ORDER)


X, FIRST = as_images(images.inputs), as_images(images.first)
LABELS = torch.from_numpy(images.labels)


class FeedbackConvolution(torch.autograd.Function):
    """The error goes back through b, a kernel of w's shape."""

    @staticmethod
    def forward(ctx, x, w, bias, b):
        ctx.save_for_backward(x, b)
        return functional.conv2d(x, w, bias)

    @staticmethod
    def backward(ctx, error):
        x, b = ctx.saved_tensors
        return *torch.ops.aten.convolution_backward(
            error, x, b, [b.shape[0]], [1, 1], [0, 0], [1, 1], False, [0, 0], 1, [True] * 3
        ), None


class FeedbackLinear(torch.autograd.Function):
    """The error goes back through b."""

    @staticmethod
    def forward(ctx, x, w, bias, b):
        ctx.save_for_backward(x, b)
        return functional.linear(x, w, bias)

    @staticmethod
    def backward(ctx, error):
        x, b = ctx.saved_tensors
        return error @ b, error.t() @ x, error.sum(0), None


def losses(x, labels, weights, feedback):
    (w1, b1), (w2, b2), (w3, b3), (w4, b4), (w5, b5) = zip(weights[::2], weights[1::2])
    # Nothing is below the first layer.
    x = functional.max_pool2d(torch.relu(functional.conv2d(x, w1, b1, padding=2)), 2)
    x = functional.max_pool2d(torch.relu(FeedbackConvolution.apply(x, w2, b2, feedback[0])), 2)
    x = torch.relu(FeedbackConvolution.apply(x, w3, b3, feedback[1])).flatten(1)
    x = torch.relu(FeedbackLinear.apply(x, w4, b4, feedback[2]))
    return functional.cross_entropy(FeedbackLinear.apply(x, w5, b5, feedback[3]), labels)


run = torch.compile(losses) if args.mode == "compile" else losses


def step(x, labels, weights, feedback):
    loss = run(x, labels, weights, feedback)
    loss.backward()
    with torch.no_grad():
        for w in weights:
            w.sub_(w.grad, alpha=ETA)
            w.grad = None
    return loss.detach()


def train(weights, feedback, order, check):
    # A check stays on the first images, which have their own scaling.
    inputs = FIRST if check else X
    return [step(inputs[rows], LABELS[rows], weights, feedback) for rows in order]


def tensor(name):
    values = torch.from_numpy(images.start[name].copy())
    return values.contiguous(memory_format=ORDER) if values.dim() == 4 else values


def prepare(steps, runs, check):
    order = torch.from_numpy(images.order(steps, check))

    def start():
        names = [f"layers.{at}.{kind}" for at in range(5) for kind in ("weight", "bias")]
        weights = [tensor(name).requires_grad_() for name in names]
        return weights, [tensor(f"feedback.{at}") for at in range(4)]

    train(*start(), order[:3], check)
    copies = start()
    return lambda: train(*copies, order, check)


def measure(outcome):
    return {"loss": [sum(map(float, outcome)) / len(outcome)], "alignment": []}


serve.serve(
    {"versions": {"torch": torch.__version__}, "blas": torch.__config__.show()}, prepare, measure
)
