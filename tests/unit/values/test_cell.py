"""A cell has one name everywhere, and survives records, JSON and other processes unchanged."""

from __future__ import annotations

import json
import pickle
import re
from dataclasses import FrozenInstanceError, replace
from fractions import Fraction

import pytest

from kvguard_policies.spec import PolicySpec, SpecError
from pytest_kvguard.values.cell import ON_SERVER, Cell, written_ratio

UNCOMPRESSED, SNAPKV, EAGER = Cell(), Cell.of("snapkv", "0.5"), Cell.of("snapkv", "0.5", "eager")
SERVER, PLAIN_SERVER = Cell(server="q4_0", kernel=ON_SERVER), Cell(kernel=ON_SERVER)
NAMES = {
    UNCOMPRESSED: ("uncompressed", "uncompressed"),
    Cell(kernel="eager"): ("uncompressed, eager", "uncompressed-eager"),
    SNAPKV: ("snapkv 0.5", "snapkv-0.5"),
    EAGER: ("snapkv 0.5, eager", "snapkv-0.5-eager"),
    Cell.of("snapkv", "1/3"): ("snapkv 1/3", "snapkv-1-3"),
    Cell.of("kivi(bits=2)"): ("kivi(bits=2) 0", "kivi-bits.2-0"),
    Cell.of("fair(snapkv(window=16, kernel=5))", "0.75"): (
        "fair(snapkv(window=16, kernel=5)) 0.75",
        "fair-snapkv-window.16-kernel.5-0.75",
    ),
    Cell.of("my.package:Mine(strength=2)", "0.25"): (
        "my.package:Mine(strength=2) 0.25",
        "my.package:Mine-strength.2-0.25",
    ),
    SERVER: ("server q4_0", "server-q4_0"),
    PLAIN_SERVER: ("uncompressed server", "uncompressed-server"),
}
"""Cell → its label and its slug."""

KINDS = pytest.mark.parametrize("cell", NAMES, ids=[label for label, _ in NAMES.values()])


@KINDS
def test_a_cell_is_called_what_was_asked_for(cell: Cell) -> None:
    assert cell.label == NAMES[cell][0]


@KINDS
def test_a_slug_has_only_what_pytest_takes_in_k(cell: Cell) -> None:
    assert cell.slug == NAMES[cell][1]
    assert re.fullmatch(r"[\w.:-]+", cell.slug)


def test_no_two_kinds_share_a_name() -> None:
    labels, slugs = zip(*NAMES.values(), strict=True)
    assert len(set(labels)) == len(set(slugs)) == len(NAMES)


@KINDS
def test_a_cell_is_read_back_from_its_record_even_through_json(cell: Cell) -> None:
    record = json.loads(json.dumps({**cell.record, "verdict": "HELD"}))
    assert Cell.from_record(record) == cell
    assert set(cell.record) == {"policy", "ratio", "kernel"}


@KINDS
def test_a_copy_from_another_process_is_the_same_cell(cell: Cell) -> None:
    copy = pickle.loads(pickle.dumps(cell))
    assert copy == cell and hash(copy) == hash(cell) and copy.label == cell.label


def test_a_record_has_the_values_as_people_write_them() -> None:
    assert EAGER.record == {"policy": "snapkv", "ratio": "0.5", "kernel": "eager"}
    assert UNCOMPRESSED.record == {"policy": "none", "ratio": "0", "kernel": "sdpa"}
    assert SERVER.record == {"policy": "q4_0", "ratio": "0", "kernel": "server"}
    assert PLAIN_SERVER.record == {"policy": "none", "ratio": "0", "kernel": "server"}


def test_ratios_that_are_equal_make_one_cell_however_they_are_written() -> None:
    cells = {Cell.of("snapkv", text) for text in ("0.5", "0.50", "1/2", ".5", " 0.5 ")}
    assert cells == {Cell(PolicySpec("snapkv"), Fraction(1, 2))}
    assert {cell.label for cell in cells} == {"snapkv 0.5"}


@pytest.mark.parametrize("changes", [{"ratio": Fraction(1, 4)}, {"kernel": "eager"}, {"policy": PolicySpec("knorm")}])
def test_another_policy_ratio_or_kernel_is_another_cell(changes: dict[str, object]) -> None:
    assert replace(SNAPKV, **changes) != SNAPKV  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "written"),
    [("0", "0"), ("0.0", "0"), ("0.05", "0.05"), (".5", "0.5"), ("1/3", "1/3"), ("0.1", "0.1"), ("7/20", "0.35")],
)
def test_a_ratio_is_written_exactly(text: str, written: str) -> None:
    assert written_ratio(Fraction(text)) == written
    assert Fraction(written) == Fraction(text)


def test_a_ratio_that_no_float_holds_is_written_as_a_fraction() -> None:
    fine = Fraction("0.12345678901234567891")
    assert Fraction(written_ratio(fine)) == fine
    assert "/" in written_ratio(fine)


def test_a_cell_says_what_it_does() -> None:
    assert [cell.is_uncompressed for cell in (UNCOMPRESSED, PLAIN_SERVER, SNAPKV, SERVER)] == [True, True, False, False]
    assert [cell.is_on_server for cell in (UNCOMPRESSED, PLAIN_SERVER, SNAPKV, SERVER)] == [False, True, False, True]
    assert EAGER.uncompressed == Cell(kernel="eager")
    assert SERVER.uncompressed == PLAIN_SERVER


@pytest.mark.parametrize(
    ("cell", "compresses"),
    [
        (SNAPKV, True),
        (Cell.of("snapkv"), False),
        (Cell.of("kivi(bits=2)"), True),
        (Cell.of("kivi(snapkv)", "0.5"), True),
        (Cell.of("static"), True),
        (UNCOMPRESSED, False),
        (Cell.of("none", "0.5"), False),
        (SERVER, False),
    ],
)
def test_only_what_this_process_removes_or_stores_otherwise_is_compressed_here(cell: Cell, compresses: bool) -> None:
    assert cell.compresses is compresses


def test_a_cell_names_the_options_it_was_typed_as() -> None:
    assert SNAPKV.typed == "--kv-policy=snapkv --ratio=0.5"
    assert UNCOMPRESSED.typed == "--kv-policy=none"


@pytest.mark.parametrize(("policy", "ratio"), [("snapkw", "0.5"), ("snapkv(", "0.5"), ("snapkv", "half"), ("h2o", "1")])
def test_texts_that_name_no_cell_are_refused(policy: str, ratio: str) -> None:
    with pytest.raises(SpecError):
        Cell.of(policy, ratio)


def test_a_cell_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        SNAPKV.kernel = "eager"  # type: ignore[misc]
