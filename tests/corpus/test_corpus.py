"""Checks and detectors agree with a careful reader on a corpus that was labelled without looking at them."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from tests.corpus.entries import KINDS, UNDECIDED, Entry, read_corpus
from tests.corpus.measure import Judged, judge

KNOWN_WRONG = {
    "language:9": "English about two German words: the share of German letters leaves it unsure",
    "language:109": "English about a Turkish word and a Turkish town, in one sentence",
}
"""Entries that are judged wrongly, by name, each with the reason; at most 1 % of the corpus."""

SMALLEST_SHARE = 0.99

ENTRIES, PER_KIND, LANGUAGES, SCRIPTS, PER_SIDE, REFUSALS = 1500, 60, 8, 5, 110, 300

KINDS_NEEDED = {
    "canary",
    "equal-looking-text",
    "json",
    "language",
    "numbers",
    "reasoning",
    "refusals",
    "scripts-without-spaces",
    "sentences-words-bullets",
    "tool-calls",
    "verbatim",
    "word-edges",
}


@cache
def corpus() -> tuple[Entry, ...]:
    return tuple(read_corpus())


@cache
def judged() -> tuple[Judged, ...]:
    return tuple(map(judge, corpus()))


def of_kind(kind: str) -> list[Entry]:
    return [entry for entry in corpus() if entry.kind == kind]


def test_the_corpus_is_large() -> None:
    assert len(corpus()) >= ENTRIES


def test_every_kind_has_a_file() -> None:
    assert set(KINDS) >= KINDS_NEEDED


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_has_enough_entries_and_both_verdicts(kind: str) -> None:
    verdicts = Counter(entry.holds for entry in of_kind(kind))
    assert verdicts.total() >= PER_KIND
    assert min(verdicts[True], verdicts[False]) >= 0.25 * (verdicts.total() - verdicts[UNDECIDED])


@pytest.mark.parametrize("kind", ["canary", "verbatim"])
def test_leaks_and_innocent_replies_are_many(kind: str) -> None:
    verdicts = Counter(entry.holds for entry in of_kind(kind))
    assert min(verdicts[True], verdicts[False]) >= PER_SIDE


def test_refusals_are_many_and_in_five_languages() -> None:
    languages = Counter(entry.language for entry in of_kind("refusals"))
    assert languages.total() >= REFUSALS
    assert set(languages) == {"en", "de", "es", "fr", "zh"}


def test_there_are_many_languages_and_scripts() -> None:
    assert len({entry.language for entry in corpus()}) >= LANGUAGES
    assert len({script for entry in corpus() for script in entry.scripts}) >= SCRIPTS


def test_no_entry_is_written_twice() -> None:
    written = Counter(entry.content for entry in corpus())
    assert [content for content, times in written.items() if times > 1] == []


def test_nearly_all_verdicts_are_right_and_the_others_are_listed() -> None:
    wrong = {one.entry.name: f"{one.verdict}: {one.entry.replies[-1]:.60}" for one in judged() if not one.right}
    assert wrong.keys() == KNOWN_WRONG.keys(), {name: told for name, told in wrong.items() if name not in KNOWN_WRONG}
    assert len(wrong) <= (1 - SMALLEST_SHARE) * len(corpus())


def test_the_documentation_states_the_share_of_every_kind() -> None:
    page = (Path(__file__).parents[2] / "docs/reference/checks.md").read_text(encoding="utf-8")
    for kind in (*KINDS, "all"):
        right = [one.right for one in judged() if kind in (one.entry.kind, "all")]
        share = f"{100 * sum(right) / len(right):.1f} %"
        row = rf"^\| {kind} \| {len(right)} \| [\d.]+ % \| {share} \|$"
        assert re.search(row, page, re.MULTILINE), (kind, len(right), share)
