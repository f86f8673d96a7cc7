"""The command that runs one item again."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Protocol

from pytest_kvguard.backends.specs import NO_POLICY
from pytest_kvguard.contract.model import Gate
from pytest_kvguard.models.names import DEFAULT_MODEL
from pytest_kvguard.results import ON_SERVER, CaseId

__all__ = ["RunOptions", "rerun_command"]

DEFAULT_KERNEL = "sdpa"
DEFAULTS = {"scope": "context", "model": DEFAULT_MODEL, "device": "cpu", "dtype": "float32", "seed": 0, "null": "auto"}


class RunOptions(Protocol):
    """The options a rerun must repeat where they are not the defaults, or where they override an ini value."""

    @property
    def typed(self) -> frozenset[str]: ...  # noqa: D102
    @property
    def kernels(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def scope(self) -> str: ...  # noqa: D102
    @property
    def model(self) -> str: ...  # noqa: D102
    @property
    def device(self) -> str: ...  # noqa: D102
    @property
    def dtype(self) -> str: ...  # noqa: D102
    @property
    def seed(self) -> int: ...  # noqa: D102
    @property
    def null(self) -> str: ...  # noqa: D102
    @property
    def typed_gate(self) -> Gate: ...  # noqa: D102
    @property
    def strict(self) -> bool: ...  # noqa: D102
    @property
    def no_shrink(self) -> bool: ...  # noqa: D102
    @property
    def trust_remote_code(self) -> bool: ...  # noqa: D102


def rerun_command(nodeid: str, options: RunOptions, case: CaseId, needed: Sequence[str] = ()) -> str:
    """Return a command for the shell; node ids and specs are quoted where they must be.

    Args:
        nodeid: the item; for one that an option collects, that option with it.
        options: what the run was started with.
        case: the item's coordinates.
        needed: further options without which it would not be the same item.
    """
    words = ["pytest", nodeid, *([] if case.kernel == ON_SERVER else _cell(options, case))]
    for name, default in DEFAULTS.items():
        value = getattr(options, name)
        if value != default or name in options.typed:
            words.append(f"--kv-{name}={value}")
    limits = {name: limit for name, limit in vars(options.typed_gate).items() if limit is not None}
    words += [f"--kv-{name.replace('_', '-')}={limit}" for name, limit in limits.items()]
    words += needed
    words += ["--kv-strict"] * options.strict + ["--kv-no-shrink"] * options.no_shrink
    words += ["--kv-trust-remote-code"] * options.trust_remote_code
    return shlex.join(words)


def _cell(options: RunOptions, case: CaseId) -> list[str]:
    words = [f"--kv-policy={case.policy}"]
    if case.policy != NO_POLICY:
        words.append(f"--ratio={case.ratio}")
    # Every kernel, not this one alone: node ids name the kernel only where there are several.
    if options.kernels != (DEFAULT_KERNEL,) or "attn" in options.typed:
        words.append(f"--kv-attn={','.join(options.kernels)}")
    return words
