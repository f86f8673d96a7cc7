"""The options of loading a model. Imports nothing heavy."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

__all__ = [
    "DEFAULT_MODEL",
    "DTYPES",
    "FORMER_NAME",
    "SPREAD",
    "STOCK_MODEL",
    "ModelOptions",
    "current_name",
    "print_once",
]

DEFAULT_MODEL = "smolguard"
"""SmolLM2-135M-Instruct with the adapter that ships in this package."""

STOCK_MODEL = "smollm2"
"""SmolLM2-135M-Instruct as it is published."""

FORMER_NAME = "probe"
"""The former name of ``DEFAULT_MODEL``."""

SPREAD = "auto"
"""In place of a device: spread layers over all accelerators of the machine, and keep the remaining ones on the host."""


DTYPES = ("float32", "bfloat16", "float16", "auto")


@cache
def print_once(line: str) -> None:
    """Print a line to standard error, once per process."""
    print(line, file=sys.stderr)


def current_name(name: str, tell: Callable[[str], None] = print_once) -> str:
    """Return the present name of a model.

    Args:
        name: a model as the user named it.
        tell: called with a notice where the name is a former one; by default, the notice is printed once per process.
    """
    if name != FORMER_NAME:
        return name
    tell(f"kvguard: the model `{FORMER_NAME}` is called `{DEFAULT_MODEL}` now")
    return DEFAULT_MODEL


@dataclass(frozen=True)
class ModelOptions:
    """The model to load, and how.

    Attributes:
        name: hub id, directory, GGUF file, ``smolguard`` or ``smollm2``; a former name becomes the present one.
        device: a torch device, e.g. ``cpu`` or ``cuda:0``, or ``SPREAD``.
        dtype: one of ``DTYPES``.
        trust_remote_code: run code from the model's hub repository.
    """

    name: str = DEFAULT_MODEL
    device: str = "cpu"
    dtype: str = "float32"
    trust_remote_code: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", current_name(self.name))
