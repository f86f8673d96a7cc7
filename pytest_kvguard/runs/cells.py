"""The cells of a run: policies x ratios x attention kernels, or one cell per server."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import product

from kvguard_policies.spec import PolicySpec, SpecError, parse_ratio, put_cache_around, split_specs
from pytest_kvguard.errors import UsageError
from pytest_kvguard.runs.given import GivenOptions
from pytest_kvguard.runs.options import option_named
from pytest_kvguard.values.cell import DEFAULT_KERNEL, NO_POLICY, ON_SERVER, Cell

__all__ = ["cells_of", "distinct", "read_cells", "read_kernels", "read_policies", "read_ratios", "server_cells"]

_REMEDIES = {
    "kv_policy": f"Name a policy, or write --kv-policy={NO_POLICY} to run the uncompressed model alone.",
    "kv_cache": "Name a cache, e.g. --kv-cache=static.",
    "kv_ratio": "Write the fraction of entries to remove, e.g. --ratio=0.5.",
    "kv_attn": "Name an attention kernel, e.g. --kv-attn=sdpa.",
}
"""The remedy for an empty value, which an unset variable in a script leaves."""


def cells_of(
    policies: Sequence[PolicySpec], ratios: Sequence[Fraction], kernels: Sequence[str] = (DEFAULT_KERNEL,)
) -> tuple[Cell, ...]:
    """Return policies x ratios x kernels in the order given; a policy that evicts nothing runs once, at ratio 0.

    Without policies there is one uncompressed cell per kernel.
    """
    cells = [
        Cell(policy, Fraction(0) if policy.ignores_ratio else ratio, kernel)
        for policy, ratio, kernel in product(policies, ratios, kernels)
    ]
    return distinct(cells or [Cell(kernel=kernel) for kernel in kernels])


def server_cells(names: Iterable[str]) -> tuple[Cell, ...]:
    """Return one cell per server, or that of the uncompressed server if there are no others."""
    cells = distinct(Cell(server=name, kernel=ON_SERVER) for name in names)
    return cells or (Cell(kernel=ON_SERVER),)


def distinct(cells: Iterable[Cell]) -> tuple[Cell, ...]:
    """Return cells without repetition, in order."""
    return tuple(dict.fromkeys(cells))


def read_cells(given: GivenOptions) -> tuple[Cell, ...]:
    """Return the cells in this process that the options select.

    Raises:
        UsageError: an option is empty, or a policy, cache or ratio cannot be read.
    """
    return cells_of(read_policies(given), read_ratios(given), read_kernels(given))


def read_policies(given: GivenOptions) -> tuple[PolicySpec, ...]:
    """Return the policies, each in every cache; without policies the caches alone.

    Raises:
        UsageError: an option is empty, or a policy or cache cannot be read.
    """
    try:
        policies = [PolicySpec.read(text) for text in _texts(given, "kv_policy") if text != NO_POLICY]
        caches = [PolicySpec(text) for text in _texts(given, "kv_cache")]
        if caches:
            around: list[PolicySpec | None] = [*policies] or [None]
            policies = [put_cache_around(cache, policy) for cache, policy in product(caches, around)]
        for policy in policies:
            policy.check()
    except SpecError as error:
        raise UsageError(str(error)) from None
    return tuple(dict.fromkeys(policies))


def read_ratios(given: GivenOptions) -> tuple[Fraction, ...]:
    """Return the distinct ratios.

    Raises:
        UsageError: the option is empty, or a ratio cannot be read.
    """
    try:
        return tuple(dict.fromkeys(map(parse_ratio, _texts(given, "kv_ratio"))))
    except SpecError as error:
        raise UsageError(str(error)) from None


def read_kernels(given: GivenOptions) -> tuple[str, ...]:
    """Return the attention kernels.

    Raises:
        UsageError: the option is empty.
    """
    return _texts(given, "kv_attn")


def _texts(given: GivenOptions, name: str) -> tuple[str, ...]:
    """Return the parts of a comma-separated option; commas inside parentheses do not separate."""
    texts = given.every(name) or (given.one(name),)
    parts = tuple(dict.fromkeys(part for text in texts for part in split_specs(text)))
    if given.is_typed(name) and not parts:
        raise UsageError(f"--{name.replace('_', '-')} is empty. {_REMEDIES[name]}")
    return parts or tuple(split_specs(str(option_named(name).default)))
