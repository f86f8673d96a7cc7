"""Whether the prompts of a contract suffice for what its gate must prove."""

from __future__ import annotations

from dataclasses import replace

from pytest_kvguard.contract.model import Contract, Orderings
from pytest_kvguard.contract.order import count_orders
from pytest_kvguard.stats.sequential import last_level

__all__ = ["proof_level", "proof_problem"]

MOST_ORDERS = 1000
"""The most orders that a contract may sample."""


def proof_level(orders: int, prompts: int, significance_level: float) -> float:
    """Return the significance level at the end of a run of so many orders and prompts.

    Looks before the end, which spend a part of the level, are planned by orders; the seeds of a single order have none.
    """
    return last_level(prompts, significance_level) if orders > 1 else significance_level


def proof_problem(contract: Contract) -> str | None:
    """Return why a contract's gate cannot prove what it must, however well its checks hold; None if it can."""
    gate = contract.gate
    if gate.prove is None:
        return None
    from pytest_kvguard.stats.exclusion import fewest_prompts_to_exclude  # loads numpy, which collecting should not

    orders, level = count_orders(contract), gate.significance_level
    prompts = orders if orders > 1 else _seeds(contract)
    needed = fewest_prompts_to_exclude(gate.prove, lambda number: proof_level(orders, number, level))
    if prompts >= needed:
        return None
    by_orders = fewest_prompts_to_exclude(gate.prove, lambda number: proof_level(number, number, level))
    return (
        f"gate.prove: {gate.prove:g} needs {needed} prompts or more at confidence {1 - level:.4g}, even if nothing is "
        f"lost, and this contract has {prompts} (its orders, or the seeds of a single order). "
        f"{_remedy(contract, orders, by_orders)}, or allow a larger drop."
    )


def _remedy(contract: Contract, orders: int, needed: int) -> str:
    if orders == 1 and contract.generate.temperature is not None:
        return "Raise generate.seeds"
    most = count_orders(replace(contract, orderings=replace(contract.orderings or Orderings(), sample=MOST_ORDERS)))
    if most >= needed:
        return f"Set orderings.sample to {needed - 1}"
    only = f"These instructions have only {most} order{'s' * (most != 1)}"
    return f"{only}: sample replies of one (generate.temperature, without orderings)"


def _seeds(contract: Contract) -> int:
    """Return the number of sampled replies of the instruction with the fewest; 1 if none are sampled."""
    if contract.generate.temperature is None:
        return 1
    probes = [probe.id for probe in contract.probes]
    counts = [sum(one in contract.checked(probe) for probe in probes) for one in contract.instructions]
    return contract.generate.seeds * min((count for count in counts if count), default=1)
