"""Two-layer feedback alignment in PyTorch; letters as in docs/notation.md.

Modes: eager, autograd with a Function whose backward pass sends the error through b, a run
after the other; compile, the explicit update under torch.compile; batched, all runs at once.
"""

import math

import numpy as np

import serve

args = serve.arguments()


def load():
    import torch

    return torch


torch = serve.packages(load)
torch.set_num_threads(args.threads)
DTYPE = {"f32": torch.float32, "f64": torch.float64}[args.precision]
PSI = {"linear": lambda z: z, "relu": torch.relu, "tanh": torch.tanh}[args.activation]
# The derivative in terms of a = psi(z), as one writes it by hand.
SLOPED = {
    "linear": lambda s, a: s,
    "relu": lambda s, a: s * (a > 0),
    "tanh": lambda s, a: s * (1 - a * a),
}[args.activation]
ETA = args.step_size


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


def eager(x, y, w, beta, b, steps):
    y, c = y[:, None], 1 / math.sqrt(w.shape[0])
    w.requires_grad_()
    beta, b = beta[None].requires_grad_(), b[None]
    for _ in range(steps):
        f = FeedbackLinear.apply(PSI(torch.nn.functional.linear(x, w)), beta, b) * c
        loss = 0.5 * ((f - y) ** 2).sum()
        loss.backward()
        with torch.no_grad():
            for weights in (w, beta):
                weights.sub_(weights.grad, alpha=ETA)
                weights.grad = None
    return w.detach(), beta.detach()[0]


def step(x, y, w, beta, b):
    c = 1 / math.sqrt(w.shape[0])
    a = PSI(x @ w.t())
    e = a @ beta * c - y
    s = SLOPED(torch.outer(e * c, b), a)
    beta.addmv_(a.t(), e, alpha=-ETA * c)
    w.addmm_(s.t(), x, alpha=-ETA)


compiled = torch.compile(step) if args.mode == "compile" else None


@torch.no_grad()
def loop(x, y, w, beta, b, steps):
    for _ in range(steps):
        compiled(x, y, w, beta, b)
    return w, beta


@torch.no_grad()
def batched(x, y, w, beta, b, steps):
    c = 1 / math.sqrt(w.shape[1])
    x = x.expand(w.shape[0], -1, -1)
    for _ in range(steps):
        a = PSI(torch.bmm(x, w.transpose(1, 2)))
        e = torch.bmm(a, beta[:, :, None])[:, :, 0] * c - y
        s = SLOPED((e * c)[:, :, None] * b[:, None, :], a)
        beta.sub_(torch.bmm(a.transpose(1, 2), e[:, :, None])[:, :, 0], alpha=ETA * c)
        w.baddbmm_(s.transpose(1, 2), x, alpha=-ETA)
    return w, beta


with np.load(args.problem) as arrays:
    X, Y, W, BETA, B = (
        torch.from_numpy(arrays[name]).to(DTYPE) for name in ("X", "y", "w", "beta", "b")
    )


def train(starts, steps):
    if args.mode == "batched":
        return list(zip(*batched(X, Y, *starts, steps)))
    one = eager if args.mode == "eager" else loop
    return [one(X, Y, *start, steps) for start in zip(*starts)]


def prepare(steps, runs, check):
    def start():
        return W[:runs].clone(), BETA[:runs].clone(), B[:runs]

    train(start(), min(steps, 3))
    copies = start()
    return lambda: train(copies, steps)


def measure(outcome):
    c = 1 / math.sqrt(W.shape[1])
    loss, alignment = [], []
    for (w, beta), b in zip(outcome, B):
        e = PSI(X @ w.t()) @ beta * c - Y
        loss.append(float(0.5 * (e @ e)))
        alignment.append(float(beta @ b / (beta.norm() * b.norm())))
    return {"loss": loss, "alignment": alignment}


serve.serve(
    {"versions": {"torch": torch.__version__}, "blas": torch.__config__.show()}, prepare, measure
)
