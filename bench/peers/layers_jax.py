"""A LeNet with feedback alignment on MNIST in JAX: one jitted step called from Python.

Custom derivatives send the error through fixed weights of each layer's shape.
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

jnp, lax = jax.numpy, jax.lax
ETA = args.step_size
images = Images(args.problem, args.batch, args.precision)
X, FIRST = (jax.device_put(rows.reshape(-1, 1, 28, 28)) for rows in (images.inputs, images.first))
LABELS = jax.device_put(images.labels.astype(np.int32))


def convolution(x, w, padding=0):
    return lax.conv_general_dilated(x, w, (1, 1), [(padding, padding)] * 2)


def linear(x, w):
    return x @ w.T


def through_feedback(operation):
    """The operation on x and w, whose signal to x goes through b in the place of w."""

    @jax.custom_vjp
    def forward(x, w, b):
        return operation(x, w)

    def backward(saved, error):
        x, w, b = saved
        to_weights = jax.vjp(lambda w: operation(x, w), w)[1](error)[0]
        return jax.vjp(lambda x: operation(x, b), x)[1](error)[0], to_weights, jnp.zeros_like(b)

    forward.defvjp(lambda x, w, b: (operation(x, w), (x, w, b)), backward)
    return forward


feedback_convolution, feedback_linear = map(through_feedback, (convolution, linear))


def pool(x):
    return lax.reduce_window(x, -jnp.inf, lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")


def losses(weights, x, labels, feedback):
    bias = lambda at: weights[2 * at + 1][:, None, None]
    x = pool(jax.nn.relu(convolution(x, weights[0], 2) + bias(0)))
    x = pool(jax.nn.relu(feedback_convolution(x, weights[2], feedback[0]) + bias(1)))
    x = jax.nn.relu(feedback_convolution(x, weights[4], feedback[1]) + bias(2))
    x = x.reshape(x.shape[0], -1)
    x = jax.nn.relu(feedback_linear(x, weights[6], feedback[2]) + weights[7])
    log_share = jax.nn.log_softmax(feedback_linear(x, weights[8], feedback[3]) + weights[9])
    return -jnp.mean(jnp.take_along_axis(log_share, labels[:, None], 1))


@jax.jit
def step(weights, feedback, inputs, labels, rows):
    loss, changes = jax.value_and_grad(losses)(weights, inputs[rows], labels[rows], feedback)
    return jax.tree.map(lambda w, change: w - ETA * change, weights, changes), loss


def prepare(steps, runs, check):
    order = list(jax.device_put(images.order(steps, check).astype(np.int32)))
    names = [f"layers.{at}.{kind}" for at in range(5) for kind in ("weight", "bias")]
    start = jax.device_put([images.start[name] for name in names])
    feedback = jax.device_put([images.start[f"feedback.{at}"] for at in range(4)])
    inputs = FIRST if check else X
    jax.block_until_ready(step(start, feedback, inputs, LABELS, order[0]))

    def train():
        weights, all_losses = start, []
        for rows in order:
            weights, loss = step(weights, feedback, inputs, LABELS, rows)
            all_losses.append(loss)
        return jax.block_until_ready((weights, all_losses))[1]

    return train


def measure(outcome):
    return {"loss": [float(np.mean(np.asarray(outcome, np.float64)))], "alignment": []}


serve.serve({"versions": {"jax": jax.__version__}, "blas": "XLA"}, prepare, measure)
