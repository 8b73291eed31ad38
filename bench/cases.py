"""What is compared: the cases, and the experiment file that `falign` runs for each.

Letters as in docs/notation.md: n samples, d inputs, p hidden units.
"""

from dataclasses import dataclass

# Step sizes of Figure 2 (inputs N(0, 1)); see docs/conventions.md.
STEP_SIZE = {"linear": 1e-4, "relu": 1e-3, "tanh": 1e-2}


@dataclass(frozen=True)
class TwoLayer:
    """Full-batch feedback alignment on synthetic regression, many runs with one data set."""

    activation: str
    precision: str
    runs: int = 50
    samples: int = 50
    input_dim: int = 150
    width: int = 3200

    family = "two_layer"
    check_steps = 20

    @property
    def name(self):
        return self.activation

    @property
    def step_size(self):
        return STEP_SIZE[self.activation]

    def experiment(self):
        """The experiment without its steps; the data come by `--train-data`."""
        return f"""\
name = "compare"
title = "Peers side by side"
[network]
width = {self.width}
activation = "{self.activation}"
draw = "weights"
[learning]
rule = "feedback_alignment"
step_size = {self.step_size}
[run]
runs = {self.runs}
runs_per_job = 1
record = "last"
quantities = ["loss", "alignment"]
precision = "{self.precision}"
per_run_table = true
"""


@dataclass(frozen=True)
class Classes:
    """Mini-batch feedback alignment of a 784-1000-10 ReLU network on MNIST."""

    precision: str = "f32"
    runs: int = 2
    batch: int = 600
    width: int = 1000
    step_size: float = 0.05

    family = "classes"
    name = "mnist"
    check_steps = 20

    def experiment(self):
        """The experiment without its steps and data."""
        return f"""\
name = "compare"
title = "Peers side by side"
[data]
scaling = "standardise"
[network]
width = {self.width}
activation = "relu"
initialisation = "uniform_fan_in"
biases = false
[learning]
rule = "feedback_alignment"
loss = "softmax_cross_entropy"
reduction = "mean"
batch = {self.batch}
step_size = {self.step_size}
[run]
runs = {self.runs}
runs_per_job = 1
record = "last"
precision = "{self.precision}"
per_run_table = true
"""


@dataclass(frozen=True)
class Convolutions:
    """Mini-batch feedback alignment of a LeNet on MNIST: kernels of 5, two max pools."""

    precision: str = "f32"
    runs: int = 2
    batch: int = 64
    step_size: float = 0.01

    family = "layers"
    name = "lenet"
    check_steps = 20

    def experiment(self):
        """The experiment without its steps and data."""
        return f"""\
name = "compare"
title = "Peers side by side"
[data]
scaling = "standardise"
[network]
input = [1, 28, 28]
layers = [
  {{ conv = 6, kernel = 5, padding = 2 }}, {{ pool = "max", size = 2 }},
  {{ conv = 16, kernel = 5 }}, {{ pool = "max", size = 2 }},
  {{ conv = 120, kernel = 5 }}, {{ dense = 84 }}, {{ dense = 10 }},
]
activation = "relu"
initialisation = "uniform_fan_in"
biases = true
[learning]
rule = "feedback_alignment"
loss = "softmax_cross_entropy"
reduction = "mean"
batch = {self.batch}
step_size = {self.step_size}
[run]
runs = {self.runs}
runs_per_job = 1
record = "last"
precision = "{self.precision}"
per_run_table = true
"""


# Cases on images, in f32 only.
ON_IMAGES = {"mnist": Classes, "lenet": Convolutions}


def chosen(names, precisions, runs, threads):
    """The cases of these names in these precisions; images only in f32, with one run a thread."""
    cases = [
        TwoLayer(name, precision, runs)
        for name in names
        if name not in ON_IMAGES
        for precision in precisions
    ]
    if "f32" in precisions:
        cases += [case(runs=threads) for name, case in ON_IMAGES.items() if name in names]
    return cases
