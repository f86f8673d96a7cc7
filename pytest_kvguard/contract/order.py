"""The instruction orders under which a contract is run."""

from __future__ import annotations

import math
import random

from pytest_kvguard.contract.model import Contract

__all__ = ["count_orders", "sample_orders"]

Order = tuple[str, ...]


def sample_orders(contract: Contract, seed: int = 0) -> tuple[Order, ...]:
    """Return the written order, then distinct shuffles that respect the pins.

    Args:
        contract: the contract; without ``orderings`` it has only the written order.
        seed: the same seed gives the same orders.

    Returns:
        At most ``1 + orderings.sample`` orders; fewer if not that many exist.
    """
    written = contract.written_order
    if contract.orderings is None:
        return (written,)
    first, last = contract.orderings.first, contract.orderings.last
    free, count = _free(contract), count_orders(contract)
    generator = random.Random(seed)
    orders = {written: None}
    while len(orders) < count:
        generator.shuffle(free)
        orders.setdefault((*first, *free, *last))
    return tuple(orders)


def count_orders(contract: Contract) -> int:
    """Return how many orders a contract has: 1 + ``orderings.sample``, or fewer if not that many exist."""
    if contract.orderings is None:
        return 1
    free = _free(contract)
    as_written = contract.written_order == (*contract.orderings.first, *free, *contract.orderings.last)
    return 1 + min(contract.orderings.sample, math.factorial(len(free)) - as_written)


def _free(contract: Contract) -> list[str]:
    """Return the ids that are not pinned, in written order."""
    pinned = {*contract.orderings.first, *contract.orderings.last} if contract.orderings is not None else set()
    return [name for name in contract.written_order if name not in pinned]
