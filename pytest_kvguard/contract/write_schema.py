"""The file of the contract schema, for editors; ``python -m pytest_kvguard.contract.write_schema`` writes it."""

from __future__ import annotations

import json
from pathlib import Path

from pytest_kvguard.contract.contract_schema import contract_schema

__all__ = ["SHIPPED", "schema_text", "write_schema"]

SHIPPED = Path(__file__).with_name("contract.schema.json")


def schema_text() -> str:
    """Return the contract schema as the text of its file."""
    return json.dumps(contract_schema(), indent=2, ensure_ascii=False) + "\n"


def write_schema(path: Path = SHIPPED) -> None:
    """Write the contract schema to its shipped file, or to another."""
    path.write_text(schema_text(), encoding="utf-8")
    print(f"{path} written")


if __name__ == "__main__":
    write_schema()
