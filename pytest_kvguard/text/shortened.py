"""Long texts shortened in the middle, with a mark by which masking recognises the ends of what was cut."""

from __future__ import annotations

__all__ = ["SHORTENED", "shorten"]

SHORTENED = " … "
"""What stands in place of the middle of a text."""


def shorten(text: str, most: int) -> str:
    """Return a text, or the ends of one that has more than ``most`` characters."""
    half = most // 2
    return text if len(text) <= most else f"{text[:half]}{SHORTENED}{text[-half:]}"
