"""Two-layer feedback alignment in JAX; letters as in docs/notation.md.

A custom derivative sends the error through b; steps by jit and scan. Modes: scan, a run after
the other; vmap, all runs at once.
"""

import math

import numpy as np

import serve

args = serve.arguments()


def load():
    import jax

    return jax


jax = serve.packages(load)
jax.config.update("jax_platforms", "cpu")
jax.config.update("jax_enable_x64", args.precision == "f64")
jnp = jax.numpy
DTYPE = {"f32": np.float32, "f64": np.float64}[args.precision]
PSI = {"linear": lambda z: z, "relu": jax.nn.relu, "tanh": jnp.tanh}[args.activation]
ETA = args.step_size


@jax.custom_vjp
def feedback_linear(a, beta, b):
    """a beta forward; the error goes back through b."""
    return a @ beta


feedback_linear.defvjp(
    lambda a, beta, b: (a @ beta, (a, b)),
    lambda saved, error: (
        jnp.outer(error, saved[1]), saved[0].T @ error, jnp.zeros_like(saved[1])
    ),
)


def losses(weights, x, y, b):
    w, beta = weights
    f = feedback_linear(PSI(x @ w.T), beta, b) / math.sqrt(w.shape[0])
    return 0.5 * jnp.sum((f - y) ** 2)


def run(x, y, w, beta, b, steps):
    def step(weights, _):
        changes = jax.grad(losses)(weights, x, y, b)
        return jax.tree.map(lambda v, change: v - ETA * change, weights, changes), None

    return jax.lax.scan(step, (w, beta), None, length=steps)[0]


with np.load(args.problem) as arrays:
    X, Y, W, BETA, B = (arrays[name].astype(DTYPE) for name in ("X", "y", "w", "beta", "b"))
PROGRAMS = {}


def program(steps, runs):
    """The compiled program, kept for the next request of the same size."""
    vmap = args.mode == "vmap"
    key = steps, runs if vmap else 1
    if key not in PROGRAMS:
        one = lambda x, y, w, beta, b: run(x, y, w, beta, b, steps)
        start = (W[:runs], BETA[:runs], B[:runs]) if vmap else (W[0], BETA[0], B[0])
        many = jax.vmap(one, in_axes=(None, None, 0, 0, 0)) if vmap else one
        PROGRAMS[key] = jax.jit(many).lower(X, Y, *start).compile()
    return PROGRAMS[key]


def prepare(steps, runs, check):
    compiled = program(steps, runs)
    if args.mode == "vmap":
        starts = [(W[:runs], BETA[:runs], B[:runs])]
    else:
        starts = list(zip(W[:runs], BETA[:runs], B[:runs]))
    inputs = jax.block_until_ready(jax.device_put((X, Y, starts)))
    x, y, starts = inputs

    def train():
        return jax.block_until_ready([compiled(x, y, *start) for start in starts])

    return train


def measure(outcome):
    pairs = list(zip(*outcome[0])) if args.mode == "vmap" else outcome
    loss, alignment = [], []
    for (w, beta), b in zip(pairs, B):
        e = np.asarray(PSI(X @ np.asarray(w).T)) @ np.asarray(beta) / math.sqrt(len(b)) - Y
        loss.append(float(0.5 * (e @ e)))
        norms = np.linalg.norm(beta) * np.linalg.norm(b)
        alignment.append(float(np.dot(beta, b) / norms))
    return {"loss": loss, "alignment": alignment}


serve.serve({"versions": {"jax": jax.__version__}, "blas": "XLA"}, prepare, measure)
