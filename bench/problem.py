"""Data, start and feedback of a case, written once and read by every program."""

import gzip
import json
import math
import struct
from pathlib import Path

import numpy as np

ACTIVATION = {"linear": lambda z: z, "relu": lambda z: np.maximum(z, 0), "tanh": np.tanh}
# Test images on which alignment is measured: few, for it is not what is timed.
TEST_SAMPLES = 600


def write_data(case, folder, mnist):
    """Writes the data set of `case` for `falign` into `folder` and returns its arrays.

    `mnist` is the folder of the four IDX files, used by the cases on images only.
    """
    arrays = regression(case) if case.family == "two_layer" else images(mnist)
    np.savez(folder / "data.npz", **arrays)
    return arrays


def regression(case):
    """Inputs N(0, 1) and a teacher of the student's architecture and width."""
    rng = np.random.default_rng(7)
    x = rng.standard_normal((case.samples, case.input_dim))
    w = rng.standard_normal((case.width, case.input_dim))
    beta = rng.standard_normal(case.width)
    return {"X": x, "y": ACTIVATION[case.activation](x @ w.T) @ beta / math.sqrt(case.width)}


def images(folder):
    """Pixels and labels of MNIST: the training set and the first test images."""
    read = lambda name: read_idx(gzip.decompress((Path(folder) / f"{name}-ubyte.gz").read_bytes()))
    return {
        "x_train": read("train-images-idx3"),
        "y_train": read("train-labels-idx1"),
        "x_test": read("t10k-images-idx3")[:TEST_SAMPLES],
        "y_test": read("t10k-labels-idx1")[:TEST_SAMPLES],
    }


def read_idx(data):
    """The array of an IDX file of unsigned bytes."""
    if data[:3] != b"\0\0\x08":
        raise ValueError("not an IDX file of unsigned bytes")
    shape = struct.unpack_from(f">{data[3]}I", data, 4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * data[3]).reshape(shape)


def read_safetensors(path):
    """The arrays of a safetensors file of f32 or f64, by name."""
    data = Path(path).read_bytes()
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + length])
    dtype = {"F32": np.float32, "F64": np.float64}
    arrays = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            part = data[8 + length + begin : 8 + length + end]
            arrays[name] = np.frombuffer(part, dtype[entry["dtype"]]).reshape(entry["shape"])
    return arrays


def weights_path(case, folder, run):
    """The file of the weights at the start of a run in the run folder `folder`."""
    ending = "npz" if case.family == "two_layer" else "safetensors"
    return folder / "weights" / f"setting0000-run{run:04}-final.{ending}"


def read_start(case, folder):
    """W, beta and b of every run as `falign` saved them in the run folder `folder`, runs first.

    Two-layer: (runs, p, d), (runs, p), (runs, p). MNIST: the weights of both layers and the
    feedback weights, each (runs, outputs, inputs) of their layer. LeNet: all arrays of run 0 by
    their names in the file, whose axes are PyTorch's.
    """
    if case.family == "layers":
        return read_safetensors(weights_path(case, folder, 0))
    starts = []
    for run in range(case.runs):
        path = weights_path(case, folder, run)
        if case.family == "classes":
            tensors = read_safetensors(path)
            names = ("layers.0.weight", "layers.1.weight", "feedback.0")
            starts.append([tensors[name] for name in names])
        else:
            with np.load(path) as arrays:
                w = arrays["hidden_weights"]
                beta, b = (arrays[f"{name}_weights"].reshape(-1) for name in ("output", "feedback"))
                starts.append([w, beta, b])
    return dict(zip(("w", "beta", "b"), map(np.stack, zip(*starts))))
