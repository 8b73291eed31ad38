"""Packages that are imported only where they are needed."""

from __future__ import annotations

import importlib
from typing import Any

# The extra that brings a package, and what pip calls it where that is another name.
_EXTRAS = {
    "pandas": "pandas",
    "xarray": "xarray",
    "pyarrow": "parquet",
    "matplotlib": "plot",
    "sklearn": "sklearn",
    "safetensors": "safetensors",
}


def need(module: str, why: str) -> Any:
    """Import ``module``, or say what to install; ``why`` begins the sentence."""
    package = module.partition(".")[0]
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != package:
            raise
        extra = _EXTRAS.get(package)
        wanted = f"'falign[{extra}]'" if extra else package
        message = f"{why} needs {package}: pip install {wanted}"
        raise ModuleNotFoundError(message, name=package) from None
