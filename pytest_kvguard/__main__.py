"""``python -m pytest_kvguard``: the commands beside the plugin."""

from __future__ import annotations

import sys

from pytest_kvguard.commands.table import run

__all__: list[str] = []

if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
