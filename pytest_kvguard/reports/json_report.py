"""The JSON report, for programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pytest_kvguard.reports.ownership import is_own_json
from pytest_kvguard.reports.run_record import RecordReport
from pytest_kvguard.reports.target import Target

__all__ = ["json_report", "render_json"]


def json_report(path: Path) -> RecordReport:
    """Return the report that writes a run's record as JSON."""
    return RecordReport("JSON", Target(path, is_own_json), render_json)


def render_json(document: dict[str, Any]) -> str:
    """Return a run's record as JSON text in ASCII, which holds no command for a terminal or CI runner."""
    text = json.dumps(document, indent=1, ensure_ascii=True, allow_nan=False)
    return text.replace("##", "#\\u0023") + "\n"
