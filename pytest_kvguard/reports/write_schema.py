"""Writes the report schema, its options from their table: ``python -m pytest_kvguard.reports.write_schema``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pytest_kvguard.reports.run_record import SCHEMA_VERSION
from pytest_kvguard.runs.options import OPTIONS, Option, option_help, option_named
from pytest_kvguard.runs.settings import LIMITS

__all__ = ["SHIPPED", "schema_text", "write_schema"]

Schema = dict[str, Any]

SHIPPED = Path(__file__).with_name("report.schema.json")

BY_HAND = ("title", "ifeval", "judge_model", "cells")
"""What describes a run in the words of the file itself; the rest of ``run`` is generated."""


def schema_text() -> str:
    """Return the shipped schema as text, with today's version and options."""
    schema: Schema = json.loads(SHIPPED.read_text(encoding="utf-8"))
    may_change = f"Version {SCHEMA_VERSION} may gain keys and verdicts; none goes away or changes its meaning."
    schema["description"] = f"One run of pytest-kvguard. {may_change}"
    schema["properties"]["version"]["const"] = SCHEMA_VERSION
    run = schema["properties"]["run"]
    by_hand = {name: run["properties"][name] for name in BY_HAND}
    recorded = {option.key: _option(option) for option in OPTIONS if option.is_recorded}
    run["properties"] = {**by_hand, **recorded, "gate": _gate()}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _option(option: Option) -> Schema:
    kind = "boolean" if option.is_flag else "integer" if option.metavar == "N" else "string"
    return {"description": option_help(option), "type": kind}


def _gate() -> Schema:
    return {
        "description": "limits from outside of the contracts; null: not stated",
        "type": "object",
        "required": ["typed", "ini"],
        "properties": {
            "typed": _limits("on the command line: they win over a contract's"),
            "ini": _limits("in the ini file: a contract's win over them"),
        },
    }


def _limits(description: str) -> Schema:
    properties = {
        name: {
            "description": option_help(option_named(f"kv_{name}")),
            "type": ["integer" if kind is int else "number", "null"],
        }
        for name, (kind, *_) in LIMITS.items()
    }
    return {"description": description, "type": "object", "properties": properties}


def write_schema(path: Path = SHIPPED) -> None:
    """Write the report schema to its file, or to another."""
    path.write_text(schema_text(), encoding="utf-8")
    print(f"{path} written")


if __name__ == "__main__":
    write_schema()
