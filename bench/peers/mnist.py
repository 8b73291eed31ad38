"""Inputs, order of samples and measures that the peers on MNIST share, in NumPy."""

import numpy as np


class Images:
    """Standardised inputs and the start of run 0, from the NPZ file of the case.

    A check trains on the first batch alone, standardised by its own statistics, as `falign` does
    with `train_limit`; otherwise each epoch has its own random order of all images.
    """

    def __init__(self, path, batch, precision):
        dtype = {"f32": np.float32, "f64": np.float64}[precision]
        with np.load(path) as arrays:
            train, test = (arrays[name].reshape(-1, 784) for name in ("x_train", "x_test"))
            self.labels = arrays["y_train"].astype(np.int64)
            self.test_labels = arrays["y_test"].astype(np.int64)
            self.start = start(arrays, dtype)
        self.batch = batch
        self.inputs = standardised(train, train, dtype)
        self.first = standardised(train[:batch], train[:batch], dtype)
        self.test = standardised(test, train[:batch], dtype)

    def order(self, steps, check):
        """The samples of each step: (steps, batch)."""
        if check:
            return np.tile(np.arange(self.batch), (steps, 1))
        rng = np.random.default_rng(1)
        per_epoch = len(self.labels) // self.batch
        epochs = -(-steps // per_epoch)
        drawn = [rng.permutation(len(self.labels))[: per_epoch * self.batch] for _ in range(epochs)]
        return np.concatenate(drawn).reshape(-1, self.batch)[:steps]

    def measure(self, losses, w, beta):
        """Mean loss over the steps; alignment on the test images of the last w and beta."""
        w, beta, b = (np.asarray(v, np.float64) for v in (w, beta, self.start[2]))
        z = np.maximum(self.test @ w.T, 0) @ beta.T
        error = np.exp(z - z.max(1, keepdims=True))
        error /= error.sum(1, keepdims=True)
        error[np.arange(len(error)), self.test_labels] -= 1
        sent, gradient = error @ b, error @ beta
        norms = np.linalg.norm(sent, axis=1) * np.linalg.norm(gradient, axis=1)
        cosine = (sent * gradient).sum(1) / norms
        return {"loss": [float(np.mean(losses))], "alignment": [float(cosine.mean())]}


def start(arrays, dtype):
    """W, beta, b; of layers all weights, biases and feedback weights by name."""
    names = [name for name in arrays if name.startswith(("layers.", "feedback."))]
    if names:
        return {name: arrays[name].astype(dtype) for name in names}
    return [arrays[name][0].astype(dtype) for name in ("w", "beta", "b")]


def standardised(pixels, of, dtype):
    """Pixels less the mean of `of`, over its standard deviation."""
    return ((pixels - of.mean()) / of.std()).astype(dtype)
