"""The guard's own JSON reports, read back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pytest_kvguard.errors import UsageError

__all__ = ["read_report"]

VERSION = 1
"""The report format that is understood."""


def read_report(path: Path) -> Mapping[str, Any]:
    """Return a report.

    Raises:
        UsageError: the file is none, or of a format that this version does not know.
    """
    wanted = "Name a file that --kv-report=json:PATH wrote."
    try:
        document: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read as JSON: {error}. {wanted}") from error
    if not isinstance(document, dict) or "cases" not in document:
        raise UsageError(f"{path} is no report of a run. {wanted}")
    if document.get("version") != VERSION:
        found = document.get("version")
        raise UsageError(f"{path} has report format {found}, this version reads {VERSION}. Run the tests again.")
    return document
