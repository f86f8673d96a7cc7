"""What a gate says about drops: shown, hidden by too few prompts, or neither shown nor excluded."""

from __future__ import annotations

from pytest_kvguard.contract.model import Gate
from pytest_kvguard.values.gates import DropTest

__all__ = ["LEAKS", "blind_line", "can_fail", "hidden_line", "is_hidden", "shown_line", "unproven_line"]

LEAKS = " leak"
"""The suffix of an instruction's id in the test of its leak checks; ids contain no blank."""


def can_fail(gate: Gate, name: str, unstable: int) -> bool:
    """Return whether a test can fail the gate; clear leaks are left to ``max_new_leaks``."""
    return unstable > 0 or (gate.limits_drop and not name.endswith(LEAKS))


def is_hidden(gate: Gate, drop: DropTest) -> bool:
    """Return whether the drop exceeds the limit in too few prompts for a test to reject."""
    exceeds = drop.drop is not None and drop.drop > gate.allowed_drop
    return can_fail(gate, drop.instruction, drop.unstable) and exceeds and not drop.decidable and not drop.failed


def shown_line(gate: Gate, drop: DropTest, family: int) -> str:
    """Return the line on a drop that is significantly beyond the limit."""
    interval = "n/a" if drop.interval is None else f"{100 * drop.interval[0]:.0f} to {100 * drop.interval[1]:.0f}"
    return (
        f"{_seen(drop)} ({100 * (1 - gate.significance_level):.4g} % interval {interval}), and "
        f"{_limit(gate, gate.allowed_drop)}: p = {drop.p_value:.2g}, adjusted for {family} tests"
    )


def hidden_line(gate: Gate, drop: DropTest, family: int) -> str:
    """Return the line on a drop beyond the limit that so few prompts cannot show."""
    return (
        f"{_seen(drop)}; that can be shown at confidence {1 - gate.significance_level:.4g} over {family} tests from "
        f"{drop.needed_prompts} prompts on: raise orderings.sample or generate.seeds, or test fewer cells at once"
    )


def blind_line(instruction: str) -> str:
    """Return the line on checks of which no reply tells whether they hold."""
    return f"{instruction}: no reply tells whether the check holds: choose a check that these replies decide"


def unproven_line(gate: Gate, drop: DropTest) -> str:
    """Return the line on a limit that is neither shown to be exceeded nor to hold."""
    margin = gate.excluded_drop
    if drop.drop is None or drop.excluded_drop is None:
        return f"{drop.instruction}: undecided, nothing was checked on both arms"
    if drop.held_uncompressed <= margin * drop.checks:
        return (
            f"{drop.instruction}: undecided, {drop.held_uncompressed} of {drop.checks} checks hold uncompressed: "
            f"losing all of them would not exceed the limit ({_limit(gate, margin)})"
        )
    seen = (
        f"{drop.instruction}: undecided, a drop of more than {100 * drop.excluded_drop:.0f} points is excluded by "
        f"{_prompts(drop.prompts)}, and {_limit(gate, margin)}"
    )
    if margin == 0:
        return f"{seen}; no number of prompts shows that nothing drops: state the drop to exclude with prove"
    if drop.more_prompts is None:
        return f"{seen}; more prompts like these would not exclude it: the drop seen is {100 * drop.drop:.1f} points"
    return f"{seen}; needs about {drop.more_prompts} more prompts, if they lose and gain as much as these"


def _limit(gate: Gate, drop: float) -> str:
    """Return the limit that a drop is compared with, in the contract's words."""
    if not gate.limits_drop:
        return "no drop is allowed"
    key = "prove" if gate.max_drop is None or (gate.prove is not None and drop == gate.prove) else "max_drop"
    return f"{key} is {drop:g}"


def _prompts(number: int) -> str:
    return f"{number} prompt{'s' * (number != 1)}"


def _seen(drop: DropTest) -> str:
    """Return the counts and the drop of a test, in words."""
    assert drop.drop is not None
    return (
        f"{drop.instruction}: {drop.held_uncompressed} of {drop.checks} checks hold uncompressed, "
        f"{drop.held_compressed} compressed, in {_prompts(drop.prompts)}; a drop of {100 * drop.drop:.0f} points"
    )
