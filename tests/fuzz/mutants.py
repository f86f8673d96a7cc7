"""Damaged texts and documents, the same on every run."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from random import Random
from time import perf_counter, process_time
from typing import Any

__all__ = ["LIMIT_SECONDS", "byte_mutants", "json_mutants", "text_mutants", "within_limit"]

LIMIT_SECONDS = 2.0
TRIES = 3

VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 10**30, -(10**400), 1.5, 1e308, "", " ", "x", "0.5", "-1", "1e999999999", "9" * 5000,
    "\x00", "a\n", "\ud800", "\u202e::", [], {}, [[]], [None], {"": {}}, "../..", ["x"] * 50,
)  # fmt: skip

PIECES = (
    "", "\n", "\t", ":", "::", "- ", "{", "}", "[", "]", '"', "'", "#", "&a ", "*a", "!t ", "|", ">", "%", "@", "\\",
    "?", "\x00", "\x1b[2J", "\ufeff", "\ud800", "\u2028", "\U0001f600", "null", "true", "no", "0x1F", "1e99",
    "-.inf", ".nan", "9" * 5000, "(" * 500, "[" * 3000, "{a: " * 500, "1e999999999", "${x}", "{{x}}", "..", "~", "\r",
)  # fmt: skip


def text_mutants(text: str, number: int, seed: int = 0) -> Iterator[str]:
    """Yield copies of a text in which characters, lines and odd pieces were put in, moved, doubled or lost."""
    random = Random(seed)
    for _ in range(number):
        mutant = text
        for _ in range(random.choice((1, 1, 1, 2, 5))):
            mutant = _mutate(mutant, random)
        yield mutant


def _mutate(text: str, random: Random) -> str:
    start = random.randrange(len(text) + 1)
    stop = min(len(text), start + random.choice((0, 1, 3, 20)))
    kind = random.randrange(5)
    if kind == 0:
        return text[:start] + text[stop:]
    if kind == 1:
        return text[:start] + text[start:stop] * 2 + text[stop:]
    if kind == 2:
        lines = text.split("\n")
        first, second = random.randrange(len(lines)), random.randrange(len(lines))
        lines[first], lines[second] = lines[second], lines[first]
        return "\n".join(lines)
    return text[:start] + random.choice(PIECES) + text[stop:]


def byte_mutants(content: bytes, number: int, seed: int = 0) -> Iterator[bytes]:
    """Yield copies of a file in which bytes were changed, cut off or put in."""
    random = Random(seed)
    for _ in range(number):
        start = random.choice((random.randrange(len(content)), random.randrange(min(len(content), 400))))
        stop = start + random.choice((0, 1, 1, 8))
        new = random.choice((b"", random.randbytes(stop - start), random.randbytes(3), b"9" * (stop - start)))
        yield random.choice((content[:start], content[:start] + new + content[stop:]))


def json_mutants(document: Any, number: int, seed: int = 0) -> Iterator[Any]:
    """Yield copies of a document in which one or a few values were replaced, lost, renamed or doubled."""
    random = Random(seed)
    for _ in range(number):
        mutant = copy.deepcopy(document)
        for _ in range(random.choice((1, 1, 1, 3))):
            _damage(mutant, random)
        yield mutant


def _damage(document: Any, random: Random) -> None:
    parent, key = random.choice(list(_places(document)) or [({"": 0}, "")])
    kind = random.randrange(4)
    if kind == 0:
        del parent[key]
    elif kind == 1 and isinstance(parent, list):
        parent.insert(random.randrange(len(parent) + 1), copy.deepcopy(parent[key]))
    elif kind == 2 and isinstance(parent, dict):
        parent[f"{key}x"] = parent.pop(key)
    else:
        parent[key] = copy.deepcopy(random.choice(VALUES))


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    pairs = (
        list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    )
    for key, child in list(pairs):
        yield value, key
        yield from _places(child)


def within_limit(what: object, work: Callable[[], object]) -> None:
    """Do work, which must end in time; where a busy machine made it wait, up to twice more."""
    for _ in range(TRIES):
        started, computed = perf_counter(), process_time()
        work()
        seconds, of_processor = perf_counter() - started, process_time() - computed
        assert of_processor < LIMIT_SECONDS, f"{of_processor:.1f} s of processor time for {str(what)[:500]!r}"
        if seconds < LIMIT_SECONDS:
            return
    raise AssertionError(f"{seconds:.1f} s for {str(what)[:500]!r}")
