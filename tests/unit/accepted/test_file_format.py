"""The file of accepted losses: the same bytes for the same losses, and one worded error for every mistake."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from pytest_kvguard.accepted.entry import Document, Identity, LeakRequest, Run
from pytest_kvguard.accepted.file_format import document_text, read_accepted
from pytest_kvguard.errors import UsageError
from pytest_kvguard.values.results import Verdict
from tests.unit.accepted.accepted_losses import HOURS, NARROW, SNAPKV, TONE, document, entry

TODAY = date(2026, 6, 1)
SOME = Document(
    {
        (SNAPKV, Identity("12345678", "123456e7", "llama.cpp b1")): {
            TONE: entry(
                TONE,
                {Verdict.LOST: {"contains": (Run(0), Run(2, 5))}, Verdict.UNSTABLE: {"lowercase": (Run(-1),)}},
                reply='we "open": at # nine, – \U0001f600',
                reason="on: off",
                until=date(2026, 12, 31),
            ),
            HOURS: entry(),
        },
        (NARROW, Identity()): {},
    },
    (LeakRequest(HOURS, "snapkv 0.5", "known", date(2027, 1, 1)),),
)
TEXT = document_text(SOME).replace("counts: {LOST: 1, UNSTABLE: 1}", "counts: {HELD: 3, LOST: 2, UNSTABLE: 1}")


def reading(tmp_path: Path, text: str | bytes) -> Document:
    path = tmp_path / "kvguard.accepted.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_accepted(path, TODAY)


def test_what_is_written_is_read_back_whatever_its_texts_look_like(tmp_path: Path) -> None:
    read = reading(tmp_path, TEXT)
    assert document_text(read) == TEXT
    assert read.cells[NARROW, Identity()] == {}
    assert read.leaks == SOME.leaks
    tone = read.entries_of(SNAPKV)[TONE][1]
    assert (tone.reply, tone.reason, tone.until) == (
        'we "open": at # nine, – \U0001f600',
        "on: off",
        date(2026, 12, 31),
    )
    assert tone.at(2) == {"contains": (Verdict.LOST, frozenset([5]))}


def test_the_text_does_not_depend_on_the_order_in_which_losses_were_found() -> None:
    one, other = document(entry(HOURS), entry(TONE)), document(entry(TONE), entry(HOURS))
    assert document_text(one) == document_text(other)
    assert document_text(one).index("hours") < document_text(one).index("tone")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("losses:", "loses:", "has no 'losses'. Found: "),
        ("reason:", "becaus:", "unknown key 'becaus'"),
        ("{contains: [0]}", "{contains: 0}", "lost.contains: found 0 (a number). Allowed: the runs"),
        ("{contains: [0]}", "{contains: [first]}", "found the text 'first'. Allowed: a run"),
        ("{contains: [0]}", "{}", "Allowed: check → the runs"),
        ("counts: {LOST: 1}", "counts: {LOST: 2}", "counts says 2 LOST, but lost names 1 orders"),
        ("counts: {LOST: 1}", "counts: {LOSS: 1}", "unknown key 'LOSS'"),
        ("        lost: {contains: [0]}\n", "", "says of no check that it fails"),
        ("until: 2026-12-31", "until: 2026-05-31", "was accepted until 2026-05-31, which is over"),
        ("until: 2026-12-31", "until: 2026-02-31", "no day of the calendar"),
        ("until: 2026-12-31", "until: soon", "Allowed: a day"),
        ("instruction: tone", "instruction: hours", "stands in snapkv 0.5 twice, first in line"),
        ('policy: "snapkv(window=8)"', "policy: snapk", "Unknown policy 'snapk'. Did you mean 'snapkv'?"),
        ("kvguard_accepted: 1", "kvguard_accepted: 2", "this version reads 1"),
        ("cells:", "leeks: []\ncells:", "unknown key 'leeks' in the file"),
        ("0000000a", "0000", "Allowed: a digest"),
        ("lost: {contains: [0]}", "leaked: {canary: [0]}", "counts says 1 LOST, but lost names 0"),
        ("    reason: known", "    reason: ' '", "Allowed: a text that is not blank"),
        ("cells:", "<<<<<<< HEAD\ncells:", "a mark of a merge conflict"),
        ("leaks:", "=======\nleaks:", "a mark of a merge conflict"),
        ("kernel: sdpa", "kernel: &a sdpa", "alias or anchor"),
        ("kernel: sdpa", "kernel: [sdpa", "not valid YAML"),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert old in TEXT
    with pytest.raises(UsageError) as error:
        reading(tmp_path, TEXT.replace(old, new, 1))
    assert told in str(error.value)
    assert "kvguard.accepted.yaml:" in str(error.value)
    assert "the contract" not in str(error.value)


def test_a_leak_without_a_reason_is_refused(tmp_path: Path) -> None:
    text = document_text(document(entry(failures={Verdict.LEAKED: {"canary": (Run(0),)}})))
    with pytest.raises(UsageError, match="accepts a leak without a reason"):
        reading(tmp_path, text)


def test_one_cell_of_two_builds_may_not_accept_a_place_twice(tmp_path: Path) -> None:
    one, other = document(entry()), document(entry(), identity=Identity("22222222"))
    with pytest.raises(UsageError, match="twice"):
        reading(tmp_path, document_text(Document({**one.cells, **other.cells})))


@pytest.mark.parametrize(
    "content", [b"", b"kvguard: 1\nname: shop\n", b'{"kvguard_goldens": 1}', b"\x00\xff", b"a" * (1 << 21)]
)
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(UsageError):
        reading(tmp_path, content)
