"""A gate on the distance of replies, as a multiple of the noise floor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields

import pytest

from pytest_kvguard.contract.model import Gate
from pytest_kvguard.errors import UsageError
from pytest_kvguard.evaluation.gates import exceeded_limits, needs_gate_item, undecided_distance, unjudged_limits
from pytest_kvguard.values.results import Arm, CaseId, CaseResult, NullArm, Reply, Verdict

GATE = Gate(max_distance=2)


def arm(shift: float, logprobs: bool = True) -> Arm:
    logprobs_of_words = tuple((word, -1 - shift) for word in ("we", "open")) if logprobs else ()
    return Arm((Reply("we open", (1, 2), "stop", logprobs_of_words),))


def results(
    case_of: Callable[..., CaseId], pairs: list[tuple[float, float | None]], logprobs: bool = True
) -> list[CaseResult]:
    """One conversation per (distance, noise)."""
    return [
        CaseResult(
            case_of(probe=f"p{number}"),
            Verdict.HELD,
            (),
            arm(0, logprobs),
            arm(distance, logprobs),
            "",
            None if noise is None else NullArm("server", arm(noise)),
        )
        for number, (distance, noise) in enumerate(pairs)
    ]


def test_a_gate_on_distances_is_a_gate() -> None:
    from pathlib import Path

    from pytest_kvguard.contract.model import Contract

    assert needs_gate_item(Contract("shop", Path("x"), "", (), (), gate=GATE))


def test_a_cell_at_the_noise_floor_passes(case_of: Callable[..., CaseId]) -> None:
    conversations = results(case_of, [(0.03, 0.03), (0.05, 0.04)] * 4)
    assert (*exceeded_limits(GATE, conversations), *unjudged_limits(GATE, conversations)) == ()
    assert list(undecided_distance(GATE, conversations)) == []


def test_a_cell_that_is_surely_above_it_fails_and_says_by_how_much(case_of: Callable[..., CaseId]) -> None:
    conversations = results(case_of, [(0.12, 0.03), (0.2, 0.05)] * 4)
    (line,) = exceeded_limits(GATE, conversations)
    assert line == (
        "mean |Δ logprob| is 0.160, 4.0 (4.0 to 4.0) times the noise floor of 0.040, over 8 conversations; "
        "max_distance is 2"
    )
    assert list(undecided_distance(GATE, conversations)) == []


def test_what_may_be_chance_is_undecided(case_of: Callable[..., CaseId]) -> None:
    conversations = results(case_of, [(0.5, 0.03), (0.01, 0.03), (0.01, 0.05)])
    assert (*exceeded_limits(GATE, conversations), *unjudged_limits(GATE, conversations)) == ()
    (line,) = undecided_distance(GATE, conversations)
    assert line.endswith("which is no proof of more than max_distance, 2: add probes or orders")


def test_without_a_floor_above_zero_nothing_can_be_decided(case_of: Callable[..., CaseId]) -> None:
    conversations = results(case_of, [(0.1, 0.0)] * 3)
    assert (*exceeded_limits(GATE, conversations), *unjudged_limits(GATE, conversations)) == ()
    (line,) = undecided_distance(GATE, conversations)
    assert "the harmless change moved nothing" in line and "--kv-null-endpoint" in line


def test_equal_arms_pass_without_a_floor(case_of: Callable[..., CaseId]) -> None:
    conversations = results(case_of, [(0.0, 0.0)] * 3)
    assert (exceeded_limits(GATE, conversations), list(undecided_distance(GATE, conversations))) == ((), [])


@pytest.mark.parametrize(
    ("pairs", "logprobs", "said"), [([(0.1, 0.1)], False, "have no logprobs"), ([(0.1, None)], True, "no noise floor")]
)
def test_a_limit_that_cannot_be_judged_fails(
    case_of: Callable[..., CaseId], pairs: list[tuple[float, float | None]], logprobs: bool, said: str
) -> None:
    (line,) = unjudged_limits(GATE, results(case_of, pairs, logprobs))
    assert line.startswith("max_distance cannot be judged") and said in line


NOT_FINITE = [float("nan"), float("inf"), float("-inf")]
every_number_that_is_not_finite = pytest.mark.parametrize("value", NOT_FINITE, ids=str)


@every_number_that_is_not_finite
@pytest.mark.parametrize("conversations", [1, 4])
@pytest.mark.parametrize("spoilt", ["compressed", "noise", "both", "compressed everywhere", "noise everywhere", "all"])
def test_a_distance_that_is_not_finite_never_passes(
    case_of: Callable[..., CaseId], value: float, spoilt: str, conversations: int
) -> None:
    pairs: list[tuple[float, float | None]] = [(0.01, 0.03)] * conversations
    everywhere = spoilt.endswith("everywhere") or spoilt == "all"
    bad = (
        value if spoilt.startswith("compressed") or spoilt in ("both", "all") else 0.01,
        value if spoilt.startswith("noise") or spoilt in ("both", "all") else 0.03,
    )
    pairs[: conversations if everywhere else 1] = [bad] * (conversations if everywhere else 1)
    (line,) = unjudged_limits(GATE, results(case_of, pairs))
    assert line.startswith("max_distance cannot be judged: the logprobs are not finite numbers (mean |Δ logprob| ")
    assert list(undecided_distance(GATE, results(case_of, pairs))) == []


def test_distances_too_large_to_add_up_never_pass(case_of: Callable[..., CaseId]) -> None:
    (line,) = unjudged_limits(GATE, results(case_of, [(1.7e308, 0.03), (1.7e308, 0.03)]))
    assert "not finite numbers" in line


@every_number_that_is_not_finite
@pytest.mark.parametrize("limit", [field.name for field in fields(Gate)])
def test_a_limit_that_is_not_finite_is_refused(limit: str, value: float) -> None:
    with pytest.raises(UsageError, match=f"The limit {limit}={value} of a gate is not a finite number. Leave it out"):
        Gate(**{limit: value})
