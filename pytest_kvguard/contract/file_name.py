"""The names of contract files: pytest collects them by their ending."""

from __future__ import annotations

import re
from pathlib import Path

from pytest_kvguard.errors import ContractError

__all__ = ["SUFFIX", "collected_name", "is_misnamed", "refuse_ending"]

SUFFIX = ".kv.yaml"

_LIKE_SUFFIX = re.compile(r"\.kv\.(?:ya?ml|json)$", re.IGNORECASE)
_OTHER_ENDING = re.compile(r"(?:\.kv)?(?:\.(?:ya?ml|json))?$", re.IGNORECASE)


def is_misnamed(name: str) -> bool:
    """Return whether a file's name ends nearly as a contract's does, e.g. in ``.kv.yml``, so that nothing runs it."""
    return bool(_LIKE_SUFFIX.search(name)) and not name.endswith(SUFFIX)


def collected_name(path: Path) -> Path:
    """Return the name under which pytest would collect a contract."""
    return path.with_name((_OTHER_ENDING.sub("", path.name, count=1) or "contract") + SUFFIX)


def refuse_ending(path: Path) -> None:
    """Refuse a file that pytest would not collect.

    Raises:
        ContractError: the name has another ending.
    """
    if not path.name.endswith(SUFFIX):
        wanted = collected_name(path)
        raise ContractError(
            f"pytest collects contracts whose names end in {SUFFIX}, so not this. Rename it: {wanted.name}", path
        )
