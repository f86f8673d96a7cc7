"""Invented records of runs, for tests of the reports that are rendered from them."""

from __future__ import annotations

from typing import Any

from pytest_kvguard.reports.run_record import RunRecord
from pytest_kvguard.values.cell import Cell

Record = dict[str, Any]

CHECK = {"holds": True, "expected": "contains '9:30'", "observed": "'9:30' is in the reply"}


def recorded(base: Record | None = None, **changes: Any) -> Record:
    """Return the record of a case of a shop's contract, LOST by default."""
    record = {
        "nodeid": "shop.kv.yaml::opening::hours[snapkv-0.5]",
        "file": "shop.kv.yaml",
        "outcome": "failed",
        "line": 6,
        "contract": "shop",
        "probe": "opening",
        "instruction": "hours",
        "policy": "snapkv",
        "ratio": "0.5",
        "kernel": "sdpa",
        "order": ["hours", "tone"],
        "order_index": 0,
        "verdict": "LOST",
        "reason": "LOST: contains '9:30': '9:30' is not in the reply",
        "instruction_text": "We open at 9:30.",
        "turns": ["When do you open?"],
        "checks": [
            {
                "rule": "contains",
                "leak": False,
                "verdict": "LOST",
                "baseline": CHECK,
                "compressed": {**CHECK, "holds": False, "observed": "'9:30' is not in the reply"},
            }
        ],
        "baseline": [{"text": "we open at 9:30", "tokens": 4, "stopped": "stop"}],
        "compressed": [{"text": "we open at nine", "tokens": 4, "stopped": "stop"}],
        "cache": {
            "requested_ratio": "0.5",
            "achieved_ratio": 0.5,
            "entries_before": 200,
            "entries_after": 100,
            "bytes_before": 2 * 2**20,
            "bytes_after": 2**20,
            "notes": ["layer 0 is left alone"],
        },
        "keep_rate": {"mean": 0.25, "tokens": 8, "by_layer": [0.5, 0.0]},
        "rerun": "pytest 'shop.kv.yaml::opening::hours[snapkv-0.5]' --kv-policy=snapkv",
    }
    return {**record, **(base or {}), **changes}


def document_of(*cases: Record, **changes: Any) -> Record:
    """Return the report of a complete run of these cases; changes replace its keys."""
    cells = dict.fromkeys(map(Cell.from_record, cases))
    head = {
        "tool": {"name": "pytest-kvguard", "version": "0.1.0"},
        "complete": True,
        "exit_status": 1,
        "collected": len(cases),
        "finished": len(cases),
        "run": {
            "title": "tiny (float32 on cpu)",
            "scope": "context",
            "model": "tiny",
            "device": "cpu",
            "dtype": "float32",
            "seed": 0,
            "strict": False,
            "cells": [{**cell.record, "label": cell.label} for cell in cells],
        },
        "environment": {"python": "3.11", "platform": "Linux", "pytest": "9", "torch": None, "transformers": None},
        "timing": {"started": "2026-01-01T00:00:00+00:00", "seconds": 1.5},
    }
    return {**RunRecord(cases=list(cases)).document(head), **changes}
