"""Invented runs to compare: a shop's contract under one policy, in several orders."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pytest_kvguard.reports.comparison.run_files import Run, read_run
from tests.report_documents import CHECK, document_of, recorded

Record = dict[str, Any]


def item(verdict: str = "HELD", order: int = 0, policy: str = "snapkv", ratio: str = "0.5", **changes: Any) -> Record:
    """Return the record of one check that ended with a verdict; every order is another prompt."""
    compressed = {**CHECK, "holds": verdict in ("HELD", "UNMET")}
    check = {"rule": "contains", "leak": False, "verdict": verdict, "compressed": compressed}
    check["baseline"] = {**CHECK, "holds": verdict != "UNMET"}
    reply = "we open at 9:30" if verdict == "HELD" else "we open at nine"
    values: Record = {
        "verdict": verdict,
        "order_index": order,
        "order": ["hours", *(f"i{n}" for n in range(order))],
        "policy": policy,
        "ratio": ratio,
        "reason": "" if verdict == "HELD" else f"{verdict}: why",
        "outcome": "passed" if verdict == "HELD" else "failed",
        "checks": [] if verdict == "ERROR" else [check],
        "compressed": None if policy == "none" else [{"text": reply, "tokens": 4, "stopped": "stop"}],
        "nodeid": f"shop.kv.yaml::opening::hours[{policy}-{ratio}-order{order}]",
    }
    return recorded(**{**values, **changes})


def items(verdicts: Iterable[str], **changes: Any) -> list[Record]:
    """Return one item per verdict, each in an order of its own."""
    return [item(verdict, order, **changes) for order, verdict in enumerate(verdicts)]


def write(path: Path, *cases: Record, **changes: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document_of(*cases, **changes)))
    return path


def run_of(folder: Path, name: str, *cases: Record, **changes: Any) -> Run:
    return read_run(write(folder / f"{name}.json", *cases, **changes))
