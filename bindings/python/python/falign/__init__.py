"""Networks that learn through random feedback weights: configure, train, sweep and plot.

>>> import numpy as np, falign as fa
>>> X = np.random.default_rng(0).standard_normal((30, 60)); y = X[:, 0]
>>> config = fa.Config(rule="feedback_alignment", activation="tanh", width=400,
...                    ridge=0.1, step_size=1e-2, steps=300, runs=20, seed=1)
>>> run = fa.train(config, X, y)
>>> run.alignment.shape  # (runs, recorded steps)
(20, 101)

==========================  ===================================================================
``Config``                  an experiment as one flat value; reads and writes experiment files
``train``, ``sweep``        all runs of one setting, or of a grid of them
``Run``, ``Sweep``          what comes back: NumPy arrays, tables, run folders
``concat``                  several runs and sweeps as one
``iterate``                 one run, looked at on its way
``limit_memory``            what trainings may use; what needs more is refused
``Dense``, ``Conv``         layers of ``Config.layers``: all are in ``falign.layers``
``load``                    MNIST and its kin; ``Labelled``, ``Reals`` for arrays of one's own
``theory``                  what theory says of data and a config
``audit``                   is a rule the rule it is called?
``audit_updates``           are updates of another program those of a rule?
``archive``                 a finished run folder as one file, for a repository of data
``doctor``                  what this machine and this build are, and what is missing
``explain``, ``cite``       what a key, a quantity or a rule is; BibTeX of what it is from
``falign.plot``             figures (matplotlib)
``falign.sklearn``          estimators (scikit-learn)
``falign.representations``  RDM and CKA of activities
``falign.kernels``          feature, feedback and tangent kernels of arrays
``falign.interop``          weights for PyTorch and others
``falign.errors``           what can go wrong
==========================  ===================================================================

numpy is all that is needed; pandas, xarray, pyarrow, matplotlib, scikit-learn, tqdm and
safetensors are imported where they are used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from falign import errors, kernels, representations
from falign._core import __version__, quantities
from falign.archives import archive
from falign.auditing import Audit, Check, UpdatedPart, UpdatesAudit, audit, audit_updates
from falign.certificates import Certificate, Certificates, theory
from falign.config import Config, builtin_names
from falign.data import Labelled, Reals, load
from falign.diagnosing import Diagnosis, doctor
from falign.errors import FalignError, Interrupted
from falign.explaining import Explanation, Explanations, cite, explain
from falign.layers import Conv, Dense, Dropout, Flatten, Local, Norm, Pool, Residual
from falign.results import Run
from falign.rule import Layer, LearningRule, Step, Trace
from falign.sweeps import Sweep, concat
from falign.training import Look, iterate, limit_memory, sweep, train

if TYPE_CHECKING:
    from falign import interop, plot, sklearn

__all__ = [
    "Audit",
    "Certificate",
    "Certificates",
    "Check",
    "Config",
    "Conv",
    "Dense",
    "Diagnosis",
    "Dropout",
    "Explanation",
    "Explanations",
    "FalignError",
    "Flatten",
    "Interrupted",
    "Labelled",
    "Layer",
    "LearningRule",
    "Local",
    "Look",
    "Norm",
    "Pool",
    "Reals",
    "Residual",
    "Run",
    "Step",
    "Sweep",
    "Trace",
    "UpdatedPart",
    "UpdatesAudit",
    "__version__",
    "archive",
    "audit",
    "audit_updates",
    "builtin_names",
    "cite",
    "concat",
    "doctor",
    "errors",
    "explain",
    "interop",
    "iterate",
    "kernels",
    "limit_memory",
    "load",
    "plot",
    "quantities",
    "representations",
    "sklearn",
    "sweep",
    "theory",
    "train",
]

_LAZY = ("interop", "plot", "sklearn")


def __dir__() -> list[str]:
    return sorted({*(name for name in globals() if name.startswith("__")), *__all__})


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return importlib.import_module(f"falign.{name}")
    raise AttributeError(f"module 'falign' has no attribute {name!r}", name=name)
