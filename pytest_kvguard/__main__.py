"""``python -m pytest_kvguard``: the contract author's commands."""

from __future__ import annotations

import sys

from pytest_kvguard.commands.table import run

__all__: list[str] = []

if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
