"""The table of transformers' attention kernels and their properties."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec

from pytest_kvguard.errors import UsageError, suggest

__all__ = [
    "KERNELS",
    "REFERENCE",
    "Kernel",
    "compared_kernels",
    "is_versioned",
    "known_kernels",
    "require_kernel",
    "takes_mask",
]


@dataclass(frozen=True)
class Kernel:
    """One attention implementation, or a family of them whose names share a prefix.

    Attributes:
        name: the name for ``--kv-attn`` and transformers; of a family, the shared prefix.
        takes_mask: whether it takes a ready 4D mask, which ragged caches need.
        package: the import name of the package that provides it; empty for torch and transformers.
        is_compared: whether invariants compare it with ``REFERENCE`` where it is installed.
    """

    name: str
    takes_mask: bool
    package: str = ""
    is_compared: bool = True


KERNELS = (
    Kernel("eager", takes_mask=True),
    Kernel("sdpa", takes_mask=True),
    Kernel("flex_attention", takes_mask=False),
    Kernel("flash_attention_2", takes_mask=False, package="flash_attn"),
    Kernel("flash_attention_3", takes_mask=False, package="flash_attn_interface"),
    Kernel("flash_attention", takes_mask=False, is_compared=False),
    Kernel("paged|", takes_mask=False, is_compared=False),
)
"""Every known kernel; any other, registered with transformers by a project, is assumed to take a mask."""

REFERENCE = KERNELS[0].name
"""The kernel with which others are compared."""


def takes_mask(name: str) -> bool:
    """Return whether a kernel takes a ready 4D mask."""
    return not name.startswith(tuple(kernel.name for kernel in KERNELS if not kernel.takes_mask))


def known_kernels() -> tuple[str, ...]:
    """Return the names that ``--kv-attn`` accepts: kernels that take a ready 4D mask. Imports nothing heavy.

    A project can have registered kernels of its own only where transformers is imported already.
    """
    known = {kernel.name for kernel in KERNELS}
    if "transformers.modeling_utils" in sys.modules:
        from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

        from kvguard_policies.attention import RAGGED

        known |= {*ALL_ATTENTION_FUNCTIONS.valid_keys()} - {RAGGED}
    return tuple(sorted(filter(takes_mask, known)))


def require_kernel(name: str) -> None:
    """Raise ``UsageError`` unless ``--kv-attn`` accepts a kernel."""
    known = known_kernels()
    if name not in known:
        raise UsageError(
            f"Unknown attention kernel --kv-attn={name}.{suggest(name, known)} Known: "
            f"{', '.join(known)}. Your own must take a ready 4D mask; register it with "
            "transformers.AttentionInterface.register."
        )


def is_versioned(name: str) -> bool:
    """Return whether the versions of torch and transformers determine a kernel's code, so its replies can be stored."""
    return any(kernel.name == name and kernel.takes_mask for kernel in KERNELS)


def compared_kernels() -> Iterator[str]:
    """Yield the installed kernels that invariants compare with one another, ``REFERENCE`` first."""
    return (k.name for k in KERNELS if k.is_compared and (not k.package or find_spec(k.package)))
