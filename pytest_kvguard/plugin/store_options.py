"""Where results are kept, and whether."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from pytest_kvguard.result_store.store import DEFAULT_MIB

__all__ = ["StoreOptions"]

LEAST_MIB = 1


@dataclass(frozen=True)
class StoreOptions:
    """What ``--kv-no-store`` and its companions ask for.

    Attributes:
        is_on: whether results are looked up and kept.
        folder: where; None = the cache folder of the models.
        limit_mib: what they may take there.
    """

    is_on: bool = True
    folder: Path | None = None
    limit_mib: int = DEFAULT_MIB

    @classmethod
    def read(cls, config: pytest.Config) -> StoreOptions:
        """Return the options, checked.

        Raises:
            pytest.UsageError: a limit that is no number of MiB.
        """
        off = bool(config.getoption("kv_no_store") or config.getini("kv_no_store"))
        typed = {name: (config.getoption(f"kv_{name}") or [""])[-1] for name in ("store_dir", "store_mib")}
        folder = typed["store_dir"] or str(config.getini("kv_store_dir"))
        base = config.invocation_params.dir if typed["store_dir"] else config.rootpath
        limit = _mib(typed["store_mib"] or str(config.getini("kv_store_mib")))
        return cls(not off, base / Path(folder).expanduser() if folder else None, limit)


def _mib(text: str) -> int:
    limit = int(text) if text.isdecimal() else 0
    if limit < LEAST_MIB:
        raise pytest.UsageError(f"--kv-store-mib={text} is not a whole number, {LEAST_MIB} or more.")
    return limit
