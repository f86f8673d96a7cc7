"""Words that every layer above the engine shares; imports nothing."""

from __future__ import annotations

__all__ = ["NO_POLICY"]

NO_POLICY = "none"
"""The policy of the uncompressed arm."""
