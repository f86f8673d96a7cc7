"""The settings of a run, the same for pytest, notebooks and commands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from kvguard_policies.spec import PolicySpec
from pytest_kvguard.backends.null_changes import AUTO, NULL_CHANGES, OFF
from pytest_kvguard.contract.model import Contract, Gate, Orderings
from pytest_kvguard.contract.proof import MOST_ORDERS, proof_problem
from pytest_kvguard.errors import ContractError, UsageError
from pytest_kvguard.models.options import DTYPES, ModelOptions, current_name, print_once
from pytest_kvguard.result_store.store import ResultStore
from pytest_kvguard.runs.cells import distinct, read_cells, server_cells
from pytest_kvguard.runs.expected import EQUAL, read_expected
from pytest_kvguard.runs.given import GivenOptions, shown, whole_number
from pytest_kvguard.runs.no_code import refuse_code, require_no_code
from pytest_kvguard.runs.options import option_named
from pytest_kvguard.runs.servers import EndpointSettings, JudgeSettings, LaunchSettings
from pytest_kvguard.values.cell import ON_SERVER, Cell

__all__ = ["LIMITS", "RAY", "SCOPES", "ExecutorSettings", "RunSettings", "StoreSettings", "read_settings"]

SCOPES = ("context", "prompt", "decode")
LOCAL, RAY = "local", "ray"
LIMITS: dict[str, tuple[Callable[[str], float], float, float | None, str]] = {
    "max_lost": (int, 0, None, "a whole number, 0 or more"),
    "max_new_leaks": (int, 0, None, "a whole number, 0 or more"),
    "max_drop": (float, 0, 0.999, "a number from 0 to below 1, e.g. 0.1"),
    "prove": (float, 0.001, 0.999, "a number from 0.001 to 0.999, e.g. 0.1"),
    "confidence": (float, 0.5, 0.9999, "a number from 0.5 to 0.9999, e.g. 0.95"),
    "max_length_ratio": (float, 0.001, 1000, "a number above 0, e.g. 1.5"),
    "max_longer_share": (float, 0, 1, "a number from 0 to 1, e.g. 0.1"),
    "max_distance": (float, 0.001, 1000, "a number above 0, e.g. 2"),
}
"""Limit of a gate → its type, least and most value, and the allowed values in words."""


@dataclass(frozen=True)
class ExecutorSettings:
    """The executor of jobs.

    Attributes:
        name: ``local`` or ``ray``.
        replicas: None for one per device, or one.
    """

    name: str
    replicas: int | None

    @classmethod
    def read(cls, given: GivenOptions) -> ExecutorSettings:
        """Return the settings.

        Raises:
            UsageError: the executor is unknown, or the number of replicas is malformed.
        """
        name, replicas = given.choice("kv_executor", (LOCAL, RAY)), given.one("kv_replicas")
        if replicas and name != RAY:
            raise UsageError(f"kv_replicas={shown(replicas)} needs --kv-executor={RAY}; for processes use -n.")
        return cls(name, given.count("kv_replicas") if replicas else None)


@dataclass(frozen=True)
class StoreSettings:
    """The result store of a run.

    Attributes:
        is_on: whether replies are looked up and stored.
        folder: None for the cache folder of the models.
        limit_mib: the size limit in MiB.
    """

    is_on: bool
    folder: Path | None
    limit_mib: int

    @classmethod
    def read(cls, given: GivenOptions) -> StoreSettings:
        """Return the settings.

        Raises:
            UsageError: the limit is not a whole number of 1 or more, or the folder holds other files.
        """
        is_on, folder = not given.is_on("kv_no_store"), given.path("kv_store_dir")
        limit_mib = given.count("kv_store_mib")
        if is_on and folder:
            try:
                ResultStore(folder, limit_mib).require_own()
            except UsageError as error:
                raise UsageError(f"--kv-store-dir: {error}") from error
        return cls(is_on, folder, limit_mib)


@dataclass(frozen=True)
class RunSettings:
    """Everything that a run depends on except its contracts.

    Attributes:
        cells: the cells that every contract runs under.
        model: the model, and how to load it.
        scope: the compressed part of a conversation, one of ``SCOPES``.
        seed: the seed of sampled and searched orders, and of replies.
        null: the harmless change of the null arm, ``auto`` or ``off``.
        typed_gate: limits that override a contract's gate.
        configured_gate: limits that apply if neither the contract's gate nor ``typed_gate`` states them.
        orders: number of sampled orders per contract; None for the contract's own number.
        judge: the endpoint that judge checks ask.
        endpoints: the inference servers, if any.
        launch: the servers to start, if any.
        executor: the executor of jobs.
        store: the result store.
        expected: what is meant although it looks wrong, of ``EXPECTATIONS``.
        no_code: refuse contracts whose checks name Python functions.
        given: the options that these settings were read from.
    """

    cells: tuple[Cell, ...]
    model: ModelOptions
    scope: str
    seed: int
    null: str
    typed_gate: Gate
    configured_gate: Gate
    orders: int | None
    judge: JudgeSettings
    endpoints: EndpointSettings
    launch: LaunchSettings
    executor: ExecutorSettings
    store: StoreSettings
    expected: frozenset[str]
    no_code: bool
    given: GivenOptions

    @property
    def asks_servers(self) -> bool:
        """Whether servers answer instead of a model in this process."""
        return self.endpoints.is_on or self.launch.is_on

    @property
    def compressed_cells(self) -> tuple[Cell, ...]:
        """The cells other than the uncompressed ones."""
        return tuple(cell for cell in self.cells if not cell.is_uncompressed)

    @property
    def cells_that_differ(self) -> frozenset[Cell]:
        """The cells that are expected to differ from the uncompressed model, and from each other.

        An exact cache, a ratio of 0 and a server that was started uncompressed may equal it.
        """
        if EQUAL in self.expected:
            return frozenset()
        baseline = Cell(server=self.launch.baseline, kernel=ON_SERVER)
        return frozenset(cell for cell in self.compressed_cells if cell.should_differ and cell != baseline)

    @property
    def policies(self) -> tuple[PolicySpec, ...]:
        """The distinct policies of the cells."""
        return tuple(dict.fromkeys(cell.policy for cell in self.cells if cell.policy is not None))

    @property
    def kernels(self) -> tuple[str, ...]:
        """The distinct attention kernels of the cells."""
        return tuple(dict.fromkeys(cell.kernel for cell in self.cells))

    @property
    def ratios(self) -> tuple[Fraction, ...]:
        """The distinct ratios above 0 that were typed, ascending, for a search to try."""
        typed = {cell.ratio for cell in self.cells if self.given.is_typed("kv_ratio")}
        return tuple(sorted(ratio for ratio in typed if ratio))

    def resolve(self, contract: Contract) -> Contract:
        """Return a contract with the gate, the orders and the seeds of these settings applied.

        Raises:
            ContractError: the contract names a Python function, and no code may run; or it has too few prompts for
                what the gate must prove.
        """
        if self.no_code:
            refuse_code(contract)
        if self.orders is not None:
            contract = replace(contract, orderings=replace(contract.orderings or Orderings(), sample=self.orders))
        gate = self.typed_gate.over(contract.gate).over(self.configured_gate)
        if not contract.is_sampled:
            # A drop needs several orders or seeds; without them, single losses must still fail.
            gate = replace(gate, max_drop=None)
        contract = replace(contract, gate=gate, generate=replace(contract.generate, first_seed=self.seed))
        if (problem := proof_problem(contract)) is not None:
            raise ContractError(problem, contract.path)
        return contract

    def with_cells(self, cells: Sequence[Cell]) -> RunSettings:
        """Return the same settings with other cells."""
        return replace(self, cells=distinct(cells))


def read_settings(
    given: GivenOptions | None = None, orders: int | None = None, tell: Callable[[str], None] = print_once
) -> RunSettings:
    """Return the settings that the options describe; without options the defaults.

    Args:
        given: the options that the user gave.
        orders: number of sampled orders per contract; None for the contract's own number.
        tell: called with a line if the model is given by a former name.

    Raises:
        UsageError: an option is unknown, out of range, or contradicts another.
    """
    if orders is not None and not 0 <= orders <= MOST_ORDERS:
        raise UsageError(f"orders={shown(str(orders))} is not a whole number from 0 to {MOST_ORDERS:,}.")
    given = _with_current_names(given or GivenOptions(), tell)
    require_no_code(given)
    endpoints, launch = EndpointSettings.read(given), LaunchSettings.read(given)
    return RunSettings(
        cells=_cells(given, endpoints, launch),
        model=ModelOptions(
            given.one("kv_model"),
            given.one("kv_device"),
            given.choice("kv_dtype", DTYPES),
            given.is_on("kv_trust_remote_code"),
        ),
        scope=given.choice("kv_scope", SCOPES),
        seed=_seed(given),
        null=given.choice("kv_null", (AUTO, *NULL_CHANGES, OFF)),
        typed_gate=_gate(lambda name: given.typed.get(name, ("",))[-1]),
        configured_gate=_gate(lambda name: given.configured.get(name, ("",))[-1]),
        orders=orders,
        judge=JudgeSettings.read(given),
        endpoints=endpoints,
        launch=launch,
        executor=ExecutorSettings.read(given),
        store=StoreSettings.read(given),
        expected=read_expected(given),
        no_code=given.is_on("kv_no_code"),
        given=given,
    )


def _with_current_names(given: GivenOptions, tell: Callable[[str], None]) -> GivenOptions:
    """Return options in which the model has its current name, which a rerun command then repeats."""
    name = given.one("kv_model")
    if (current := current_name(name, tell)) == name:
        return given
    texts = {"kv_model": (current,)}
    if given.is_typed("kv_model"):
        return replace(given, typed={**given.typed, **texts})
    return replace(given, configured={**given.configured, **texts})


def _cells(given: GivenOptions, endpoints: EndpointSettings, launch: LaunchSettings) -> tuple[Cell, ...]:
    if not endpoints.is_on and not launch.is_on:
        return read_cells(given)
    if endpoints.is_on and launch.is_on:
        raise UsageError("--kv-launch starts servers, --kv-baseline-endpoint names some. Give one of them.")
    by = "--kv-launch" if launch.is_on else "--kv-baseline-endpoint"
    clash = [name for name in ("kv_policy", "kv_cache", "kv_ratio", "kv_scope", "kv_attn") if given.is_typed(name)]
    if clash:
        raise UsageError(
            f"{option_named(clash[0]).string} says how to compress in this process, {by} that servers "
            "answer. Give one of them; a server's cache is chosen where it is started."
        )
    return server_cells(launch.caches or [name for name, _ in endpoints.arms])


def _seed(given: GivenOptions) -> int:
    text = given.one("kv_seed")
    value = whole_number(text)
    if value is None:
        limit = " of at most 18 digits" if text.strip().lstrip("+-").isdecimal() else ""
        raise UsageError(f"--kv-seed={shown(text)} is not a whole number{limit}.")
    return value


def _gate(text_of: Callable[[str], str]) -> Gate:
    texts = {name: text_of(f"kv_{name}") for name in LIMITS}
    return Gate(**{name: _limit(name, text) for name, text in texts.items() if text})


def _limit(name: str, text: str) -> Any:
    kind, least, most, allowed = LIMITS[name]
    try:
        value = kind(text) if len(text) <= 100 else None
    except ValueError:
        value = None
    if value is None or not least <= value <= (value if most is None else most):
        raise UsageError(f"--kv-{name.replace('_', '-')}={shown(text)} is not {allowed}.")
    return value
