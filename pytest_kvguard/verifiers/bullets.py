"""bullets: counts the bulleted lines of a reply; numbered lines are not bullets."""

from __future__ import annotations

from typing import Any

import regex

from pytest_kvguard.verifiers.count_range import COUNT_SCHEMA, count_problem, describe_count, in_range
from pytest_kvguard.verifiers.rule import Rule

__all__ = ["RULES"]

# The word after the marker excludes rulers such as "* * *".
_BULLET = regex.compile(r"^[ \t]*[-*+•‣◦▪–—][ \t]++.*\w", regex.MULTILINE)


def _inspect(text: str, value: Any) -> tuple[bool, str]:
    count = len(_BULLET.findall(text))
    return in_range(count, value), f"{count} bullets"


RULES = (
    Rule(
        "bullets",
        COUNT_SCHEMA,
        lambda value: f"{describe_count(value)} bullets",
        _inspect,
        problem=count_problem,
        example=3,
    ),
)
