"""A 784-p-10 ReLU network with feedback alignment on MNIST in JAX.

A custom derivative sends the error through b. Modes: step, one jitted step called from Python;
scan, jit and scan over all steps.
"""

import numpy as np

import serve

args = serve.arguments()


def load():
    import jax

    return jax


jax = serve.packages(load)
jax.config.update("jax_platforms", "cpu")
jax.config.update("jax_enable_x64", args.precision == "f64")

from mnist import Images

jnp = jax.numpy
ETA = args.step_size
images = Images(args.problem, args.batch, args.precision)
X, FIRST = jax.device_put(images.inputs), jax.device_put(images.first)
LABELS = jax.device_put(images.labels.astype(np.int32))


@jax.custom_vjp
def feedback_linear(a, beta, b):
    """a beta' forward; the error goes back through b."""
    return a @ beta.T


feedback_linear.defvjp(
    lambda a, beta, b: (a @ beta.T, (a, b)),
    lambda saved, error: (error @ saved[1], error.T @ saved[0], jnp.zeros_like(saved[1])),
)


def losses(weights, x, labels, b):
    w, beta = weights
    log_share = jax.nn.log_softmax(feedback_linear(jax.nn.relu(x @ w.T), beta, b))
    return -jnp.mean(jnp.take_along_axis(log_share, labels[:, None], 1))


def step(weights, b, inputs, labels, rows):
    loss, changes = jax.value_and_grad(losses)(weights, inputs[rows], labels[rows], b)
    return jax.tree.map(lambda v, change: v - ETA * change, weights, changes), loss


def scan(weights, b, inputs, labels, order):
    return jax.lax.scan(lambda v, rows: step(v, b, inputs, labels, rows), weights, order)


PROGRAMS = {}


def program(function, *inputs):
    """The compiled function, kept for the next inputs of these shapes; it may reuse weights."""
    key = tuple(v.shape for v in jax.tree.leaves(inputs))
    if key not in PROGRAMS:
        PROGRAMS[key] = jax.jit(function, donate_argnums=0).lower(*inputs).compile()
    return PROGRAMS[key]


def prepare(steps, runs, check):
    order = jax.device_put(images.order(steps, check).astype(np.int32))
    w, beta, b = jax.block_until_ready(jax.device_put([v.copy() for v in images.start]))
    inputs = FIRST if check else X
    if args.mode == "scan":
        compiled = program(scan, (w, beta), b, inputs, LABELS, order)
        return lambda: jax.block_until_ready(compiled((w, beta), b, inputs, LABELS, order))
    rows = jax.block_until_ready(list(order))
    compiled = program(step, (w, beta), b, inputs, LABELS, rows[0])

    def train():
        weights, all_losses = (w, beta), []
        for of_step in rows:
            weights, loss = compiled(weights, b, inputs, LABELS, of_step)
            all_losses.append(loss)
        return jax.block_until_ready((weights, all_losses))

    return train


def measure(outcome):
    (w, beta), all_losses = outcome
    return images.measure([float(loss) for loss in all_losses], w, beta)


serve.serve({"versions": {"jax": jax.__version__}, "blas": "XLA"}, prepare, measure)
