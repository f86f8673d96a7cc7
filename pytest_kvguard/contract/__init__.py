"""Contract files: parsed into values, rendered into prompts."""

from __future__ import annotations

__all__: list[str] = []
