"""bullets: counts the bulleted lines of a reply; numbered lines are not bullets."""

from __future__ import annotations

from collections.abc import Iterator

import regex

from pytest_kvguard.text.pattern import Pattern
from pytest_kvguard.verifiers.count_range import count_rule

__all__ = ["RULES", "count_bullets"]

# These mark a bullet only with a space behind them: "-5", "**bold**" and "—and" begin with one, too.
_DASHES = r"\-*+–—−‐‑‒―"
_DOTS = r"•‣⁃◦∙·⋅●○◉◎◌■□▪▫◆◇◈❖▸▹►▻▶▷➢➣➤➔✓✔✅☐☑☒★☆✦✧→➡・･᛫⚫⚪⬛⬜◼◻◾◽🔵🔴🔶🔷🔸🔹🔺🔻🔘🟠🟡🟢🟣🟤"
# What follows the marker has a letter, a digit or a picture, which excludes rulers such as "* * *" and "● ● ●".
_BULLET = Pattern(
    rf"\s*+(?:>\s*+)*+(?:[{_DASHES}](?=[\s\uFE0F])|[{_DOTS}](?![{_DOTS}]))\uFE0F?+[\s{_DASHES}{_DOTS}]*+"
    rf"[^\n]*?[[\w\p{{So}}]--[{_DOTS}_]]",
    regex.VERSION1,
)
_FENCE = Pattern(r"\s{0,3}(?P<fence>`{3,}|~{3,})[^`]*$")
# A reply that is fenced as a whole, as Markdown or as nothing in particular, is no code.
_FENCED_REPLY = Pattern(r"\s*(`{3,}|~{3,})(?:markdown|md|te?xt|plaintext)?\s*\n(?P<reply>.*)\n\1\s*", regex.DOTALL)


def count_bullets(text: str) -> int:
    """Count the lines that begin with a bullet and have something after it, outside fenced code."""
    whole = _FENCED_REPLY.fullmatch(text)
    if whole and not any(map(_FENCE.match, whole["reply"].splitlines())):
        text = whole["reply"]
    return sum(1 for line in _unfenced(text) if _BULLET.match(line))


def _unfenced(text: str) -> Iterator[str]:
    """Yield the lines outside fenced code."""
    opened = ""
    for line in text.splitlines():
        fence = _FENCE.match(line)
        if not opened and not fence:
            yield line
        elif not opened:
            opened = fence["fence"]
        elif fence and fence["fence"].startswith(opened):
            opened = ""


RULES = (count_rule("bullets", "bullets", count_bullets, example=3),)
