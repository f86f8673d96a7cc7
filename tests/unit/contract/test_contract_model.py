"""A contract as a value: orders, system text, what applies to a probe."""

from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError, replace
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kvguard.contract.model import Block, Contract, Gate, Generate, Instruction, Orderings, Probe

TEXTS = st.text(min_size=1, max_size=12).filter(lambda text: text.strip() != "").map(str.strip)


def build(*parts: Instruction | Block, preamble: str = "", probes: tuple[str, ...] = ("p",)) -> Contract:
    return Contract("c", Path("c.kv.yaml"), preamble, parts, tuple(Probe(probe, ("Hi",)) for probe in probes))


A = Instruction("a", "First.", (("contains", "x"),), probes=("p",))
B = Instruction("b", "Second.")
C = Instruction("c", "Third.", no_leak={"canary": "KX-4471"})
H = Block("h", "History.")


def test_instructions_and_written_order_leave_blocks_out() -> None:
    contract = build(A, H, B)
    assert contract.instructions == (A, B)
    assert contract.written_order == ("a", "b")
    assert contract.instruction("b") is B


@pytest.mark.parametrize("unknown", ["h", "zzz"])
def test_only_instructions_can_be_asked_for(unknown: str) -> None:
    with pytest.raises(KeyError):
        build(A, H).instruction(unknown)


def test_an_instruction_is_checked_where_it_has_a_rule_and_the_probe_is_its_own() -> None:
    contract = build(A, B, C, H, probes=("p", "q"))
    assert contract.checked("p") == (A, C)
    assert contract.checked("q") == (C,)
    assert [part.is_checked for part in (A, B, C)] == [True, False, True]


def test_the_system_text_joins_preamble_and_parts_by_lines() -> None:
    assert build(A, B, preamble="Be kind.").system_text(("a", "b")) == "Be kind.\nFirst.\nSecond."


def test_an_empty_preamble_leaves_no_empty_line() -> None:
    assert build(A, B).system_text(("a", "b")) == "First.\nSecond."


def test_blocks_keep_their_place_in_every_order() -> None:
    contract = build(A, H, B, C)
    assert contract.system_text(("c", "a", "b")) == "Third.\nHistory.\nFirst.\nSecond."


@pytest.mark.parametrize("order", [(), ("a",), ("a", "a"), ("a", "b", "c"), ("a", "z")])
def test_an_order_that_is_no_permutation_is_refused_with_the_names(order: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="not a permutation of the instructions of contract 'c'.*Name each"):
        build(A, B).system_text(order)


def test_intervals_cut_the_instructions_out_of_every_order() -> None:
    contract = build(A, H, B, C, preamble="P.")
    for order in permutations("abc"):
        text = contract.system_text(order)
        intervals = contract.instruction_intervals(order)
        assert list(intervals) == list(order)
        for name, (start, stop) in intervals.items():
            assert text[start:stop] == contract.instruction(name).text


@given(st.lists(TEXTS, min_size=1, max_size=6), st.text(max_size=5), st.text(min_size=1, max_size=3), st.randoms())
def test_intervals_are_disjoint_and_ascending_whatever_the_texts_and_what_joins_them(
    texts: list[str], preamble: str, join: str, random: object
) -> None:
    instructions = [Instruction(f"i{index}", text) for index, text in enumerate(texts)]
    contract = replace(build(*instructions, preamble=preamble), join=join)
    order = list(contract.written_order)
    random.shuffle(order)  # type: ignore[attr-defined]
    intervals = list(contract.instruction_intervals(order).values())
    system_text = contract.system_text(order)
    assert all(one[1] < other[0] for one, other in zip(intervals, intervals[1:], strict=False))
    assert [system_text[slice(*interval)] for interval in intervals] == [
        contract.instruction(name).text for name in order
    ]


def test_parts_are_joined_by_what_the_contract_says() -> None:
    contract = replace(build(A, H, B, preamble="P."), join="\n\n---\n")
    assert contract.system_text(("b", "a")) == "P.\n\n---\nSecond.\n\n---\nHistory.\n\n---\nFirst."
    assert replace(contract, join="").system_text(("a", "b")) == "P.First.History.Second."
    assert build(A, B).system_text(("a", "b")) == "First.\nSecond."


def test_defaults_lose_nothing() -> None:
    assert (Gate().allowed_losses, Gate().allowed_leaks, Gate().max_length_ratio) == (0, 0, None)
    assert Gate().significance_level == pytest.approx(0.05)
    assert Generate().max_new_tokens == 64
    assert Orderings() == Orderings(sample=8, first=(), last=())
    assert not A.protect


def test_contracts_are_frozen_and_cross_processes() -> None:
    contract = build(A, H, C, preamble="P.")
    with pytest.raises(FrozenInstanceError):
        contract.name = "other"  # type: ignore[misc]
    assert pickle.loads(pickle.dumps(contract)) == contract == copy.deepcopy(contract)


def test_a_gate_takes_its_unstated_limits_from_another() -> None:
    assert Gate(max_lost=0).over(Gate(max_lost=2, max_drop=0.1)) == Gate(max_lost=0, max_drop=0.1)
    assert Gate().over(Gate(confidence=0.9)).significance_level == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("gate", "losses"),
    [(Gate(), 0), (Gate(max_lost=2), 2), (Gate(max_drop=0.1), None), (Gate(max_drop=0.1, max_lost=0), 0)],
)
def test_losses_are_not_counted_where_only_a_margin_is_stated(gate: Gate, losses: int | None) -> None:
    assert gate.allowed_losses == losses


def test_greedy_decoding_has_one_reply_and_drawing_one_per_seed() -> None:
    assert Generate().drawn_seeds == (None,)
    assert Generate(temperature=0.7, seeds=3, first_seed=5).drawn_seeds == (5, 6, 7)


def test_a_contract_is_sampled_if_its_orders_or_its_replies_are() -> None:
    contract = build(A, H, C)
    assert not contract.is_sampled
    assert replace(contract, orderings=Orderings()).is_sampled
    assert replace(contract, generate=Generate(temperature=1.0)).is_sampled
