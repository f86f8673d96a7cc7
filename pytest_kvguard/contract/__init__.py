"""Contract files, parsed into values and rendered into prompts."""

from __future__ import annotations

__all__: list[str] = []
