"""What a gate must prove, and whether the prompts of a contract suffice for it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pytest_kvguard.contract.model import Contract, Gate, Generate, Instruction, Orderings, Probe
from pytest_kvguard.contract.parse import find_problems
from pytest_kvguard.contract.proof import proof_problem

PARTS = tuple(Instruction(name, name, checks=(("contains", name),)) for name in "abcdef")
CONTRACT = Contract("shop", Path("shop.kv.yaml"), "", PARTS, (Probe("p", ("p",)),), gate=Gate(prove=0.1))


def problem(**changes: object) -> str:
    return proof_problem(replace(CONTRACT, **changes)) or ""  # type: ignore[arg-type]


@pytest.mark.parametrize(("sample", "suffices"), [(8, False), (29, False), (30, True), (400, True)])
def test_a_proof_needs_as_many_orders_as_would_miss_the_drop_too_rarely(sample: int, suffices: bool) -> None:
    said = problem(orderings=Orderings(sample))
    assert (said == "") is suffices
    if not suffices:
        assert (
            f"needs 31 prompts or more at confidence 0.95, even if nothing is lost, and this contract has {sample + 1}"
            in said
        )
        assert "Set orderings.sample to 30, or allow a larger drop." in said


def test_a_contract_that_samples_nothing_has_one_prompt() -> None:
    assert "this contract has 1 (its orders" in problem()


def test_orders_that_do_not_exist_are_not_asked_for() -> None:
    said = problem(parts=PARTS[:3], orderings=Orderings(100))
    assert "this contract has 6 " in said
    assert "These instructions have only 6 orders: sample replies of one" in said


def test_the_seeds_of_a_single_order_are_prompts() -> None:
    generate = Generate(temperature=0.7, seeds=15)
    assert "Raise generate.seeds" in problem(generate=generate)
    assert problem(generate=replace(generate, seeds=29)) == ""
    assert problem(generate=generate, probes=(Probe("p", ("p",)), Probe("q", ("q",)))) == ""


def test_a_smaller_confidence_or_a_larger_drop_needs_fewer() -> None:
    assert problem(orderings=Orderings(8), gate=Gate(prove=0.3)) == ""
    assert problem(orderings=Orderings(8), gate=Gate(prove=0.1, confidence=0.6)) == ""


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("0", "gate.prove: found 0"),
        ("1", "gate.prove: found 1"),
        (".nan", "gate.prove"),
        ("ten", "gate.prove"),
        ("-0.1", "gate.prove"),
        ("0.1", "gate.prove: 0.1 needs 29 prompts or more"),
    ],
)
def test_validation_names_a_proof_that_is_malformed_or_out_of_reach(tmp_path: Path, value: str, said: str) -> None:
    path = tmp_path / "shop.kv.yaml"
    path.write_text(
        "kvguard: 1\nname: shop\ncontext:\n  instructions:\n    - {id: a, text: Say A., check: {contains: A}}\n"
        f"probes: {{p: Hello}}\ngate: {{prove: {value}}}\n",
        encoding="utf-8",
    )
    assert said in " ".join(map(str, find_problems(path)))


def test_a_proof_that_is_not_a_finite_number_is_refused_in_python_too() -> None:
    with pytest.raises(Exception, match="prove=nan of a gate is not a finite number"):
        Gate(prove=float("nan"))
