"""The loose reading of IFEval: a reply may be obeyed in any of eight forms of itself."""

from __future__ import annotations

__all__ = ["loose_variants"]


def loose_variants(reply: str) -> tuple[str, ...]:
    """Return the reply without its first line, its last, both or neither; each as it is and without asterisks.

    Blank ones are left out, and equal ones stand once. Source: arXiv:2311.07911, §2.2.
    """
    lines = reply.split("\n")
    cut = [reply, *("\n".join(part).strip() for part in (lines[1:], lines[:-1], lines[1:-1]))]
    variants = [*cut, *(text.replace("*", "") for text in cut)]
    return tuple(dict.fromkeys(text for text in variants if text.strip()))
