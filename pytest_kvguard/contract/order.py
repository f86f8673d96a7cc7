"""The instruction orders under which a contract is run."""

from __future__ import annotations

import math
import random

from pytest_kvguard.contract.model import Contract

__all__ = ["sample_orders"]

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
    free = [name for name in written if name not in {*first, *last}]
    possible = math.factorial(len(free)) - (written == (*first, *free, *last))
    count = 1 + min(contract.orderings.sample, possible)
    generator = random.Random(seed)
    orders = {written: None}
    while len(orders) < count:
        generator.shuffle(free)
        orders.setdefault((*first, *free, *last))
    return tuple(orders)
