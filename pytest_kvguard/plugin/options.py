"""Command-line options and ini values, read into one frozen value."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product

import pytest

from pytest_kvguard.backends.null_changes import AUTO, NULL_CHANGES, OFF
from pytest_kvguard.backends.specs import (
    NO_POLICY,
    SpecError,
    check_spec,
    ignores_ratio,
    parse_ratio,
    put_cache_around,
    split_specs,
)
from pytest_kvguard.contract.model import Gate
from pytest_kvguard.errors import suggest
from pytest_kvguard.golden.levels.table import LEVELS
from pytest_kvguard.plugin.endpoint_options import ENDPOINT_VALUES, EndpointOptions
from pytest_kvguard.plugin.executor_options import EXECUTOR_VALUES, ExecutorOptions
from pytest_kvguard.plugin.fault_options import FAULT_VALUES, FaultOptions
from pytest_kvguard.plugin.gate_options import read_gate
from pytest_kvguard.plugin.golden_options import MODES, GoldenOptions
from pytest_kvguard.plugin.golden_options import OFF as NO_GOLDENS
from pytest_kvguard.plugin.ifeval_options import IFEvalOptions
from pytest_kvguard.plugin.judge_options import JudgeOptions
from pytest_kvguard.plugin.launch_options import LAUNCH_VALUES, LaunchOptions
from pytest_kvguard.plugin.report_requests import ReportRequest, declare_reports, read_reports
from pytest_kvguard.plugin.store_options import StoreOptions
from pytest_kvguard.result_store.store import DEFAULT_MIB
from pytest_kvguard.values.results import ON_SERVER

__all__ = ["KVOptions", "Point", "add_options", "read_options"]

SCOPES = ("context", "prompt", "decode")
DEFAULT_RATIO = "0.5"

_VALUES = (
    # option strings, ini name, default, metavar, help
    (
        ("--kv-policy",),
        "kv_policy",
        "",
        "SPEC",
        "policies, e.g. snapkv,fair(snapkv(window=16)); none: uncompressed only",
    ),
    (
        ("--kv-cache",),
        "kv_cache",
        "",
        "SPEC",
        "caches that hold what policies keep, e.g. quanto(bits=2),static",
    ),
    (("--ratio", "--kv-ratio"), "kv_ratio", DEFAULT_RATIO, "R", "fractions of KV entries to remove, e.g. 0.25,0.5"),
    (("--kv-scope",), "kv_scope", "context", "SCOPE", "what is compressed: context, prompt or decode"),
    (
        ("--kv-model",),
        "kv_model",
        DEFAULT_MODEL,
        "MODEL",
        "hub id, directory, .gguf file, smolguard (default) or smollm2",
    ),
    (("--kv-device",), "kv_device", "cpu", "DEVICE", "torch device, e.g. cpu or cuda:0, or auto: spread over all"),
    (("--kv-dtype",), "kv_dtype", "float32", "DTYPE", "float32, bfloat16, float16 or auto"),
    (("--kv-attn",), "kv_attn", "sdpa", "KERNEL", "attention kernels, e.g. sdpa,eager"),
    (("--kv-seed",), "kv_seed", "0", "N", "seed of sampled and searched orders, and of replies"),
    (("--kv-null",), "kv_null", AUTO, "CHANGE", f"harmless change of the null arm: {', '.join(NULL_CHANGES)} or {OFF}"),
    (("--kv-max-lost",), "kv_max_lost", "", "N", "gate: checks of a contract that may be LOST"),
    (("--kv-max-new-leaks",), "kv_max_new_leaks", "", "N", "gate: checks of a contract that may be LEAKED"),
    (("--kv-max-drop",), "kv_max_drop", "", "D", "gate: how far an instruction's adherence may drop, e.g. 0.1"),
    (("--kv-confidence",), "kv_confidence", "", "C", "gate: how sure a drop must be, e.g. 0.95"),
    (("--kv-max-length-ratio",), "kv_max_length_ratio", "", "X", "gate: how much longer replies may become, e.g. 1.5"),
    (
        ("--kv-max-longer-share",),
        "kv_max_longer_share",
        "",
        "S",
        "gate: share of replies that may become 1.5x as long, e.g. 0.1",
    ),
    (("--kv-max-distance",), "kv_max_distance", "", "X", "gate: how far replies may be off, in noise floors, e.g. 2"),
    (("--kv-ifeval",), "kv_ifeval", "", "PATH[::KEY]", "run the rows of a JSONL file in IFEval's format"),
    (("--kv-ifeval-mode",), "kv_ifeval_mode", "strict", "MODE", "how its instructions are read: strict or loose"),
    (("--kv-ifeval-tokens",), "kv_ifeval_tokens", "256", "N", "cap on each reply to its rows"),
    (("--kv-limit",), "kv_limit", "", "N", "run its first N rows only"),
    (("--kv-judge",), "kv_judge", "", "URL", "OpenAI-compatible endpoint that judge checks ask, e.g. http://host/v1"),
    (("--kv-judge-model",), "kv_judge_model", "", "NAME", "the judge's model at that endpoint"),
    (("--kv-golden",), "kv_golden", NO_GOLDENS, "MODE", f"goldens: {', '.join(MODES)} (default)"),
    (("--kv-golden-dir",), "kv_golden_dir", "golden", "DIR", "folder of the goldens, with one folder per model"),
    (
        ("--kv-golden-level",),
        "kv_golden_level",
        "",
        "LEVELS",
        f"levels to compare or to update: {','.join(LEVELS)} (default: all)",
    ),
    (("--kv-store-dir",), "kv_store_dir", "", "DIR", "folder of the result store (default: in the cache folder)"),
    (("--kv-store-mib",), "kv_store_mib", str(DEFAULT_MIB), "N", "MiB that the result store may take"),
    (("--kv-judge-timeout",), "kv_judge_timeout", "30", "SECONDS", "how long one answer of the judge may take"),
    *ENDPOINT_VALUES,
    *EXECUTOR_VALUES,
    *LAUNCH_VALUES,
    *FAULT_VALUES,
)
EMPTY = {
    "kv_policy": f"Name a policy, or write --kv-policy={NO_POLICY} to run the uncompressed model alone.",
    "kv_cache": "Name a cache, e.g. --kv-cache=static.",
    "kv_ratio": f"Write the fraction of entries to remove, e.g. --ratio={DEFAULT_RATIO}.",
    "kv_attn": "Name an attention kernel, e.g. --kv-attn=sdpa.",
}
"""What to write instead of nothing, which is what a script's unset variable leaves."""
_FLAGS = (
    ("--kv-strict", "kv_strict", "fail what is UNMET or UNSTABLE, and gates that need more prompts to be decided"),
    ("--kv-find-ratio", "kv_find_ratio", "find each policy's largest ratio at which a contract loses nothing"),
    ("--kv-no-shrink", "kv_no_shrink", "report what a search over arrangements found as it was found"),
    ("--kv-golden-force", "kv_golden_force", "update goldens in CI, too; the run fails all the same"),
    ("--kv-golden-prune", "kv_golden_prune", "delete the goldens that an update does not come by"),
    ("--kv-faults", "kv_faults", "run the suite once more with each known defect planted, and say which it notices"),
    ("--kv-no-store", "kv_no_store", "run everything, look nothing up in the result store and keep nothing there"),
    ("--kv-show-secrets", "kv_show_secrets", "show canaries and protected texts in reports instead of masking them"),
    ("--kv-trust-remote-code", "kv_trust_remote_code", "run code that a hub repository brings along"),
)


@dataclass(frozen=True)
class Point:
    """One cell of policies x ratios x kernels."""

    policy: str
    ratio: str
    kernel: str


@dataclass(frozen=True)
class KVOptions:
    """What the user asked for.

    Attributes:
        points: the cells to run every contract under; one per kernel without a policy.
        scope: what is compressed.
        model, device, dtype, trust_remote_code: how the model is loaded.
        find_ratio: look for the largest safe ratio instead of testing under given ones.
        no_shrink: what a search found is not made smaller.
        seed: of sampled orders and replies.
        strict: UNMET and UNSTABLE fail.
        null: the harmless change of the null arm, ``auto`` or ``off``.
        typed_gate, ini_gate: limits given on the command line, and in the ini file.
        reports: the files to write.
        show_secrets: do not mask secrets in reports.
        ifeval: the file of ``--kv-ifeval``; None without one.
        judge: where judge checks are asked.
        golden: what to do with goldens.
        faults: whether and how faults are planted.
        store: where results are kept.
        executor: where jobs run.
        endpoints: the servers that answer, if any do.
        launch: what servers to start, if any.
        typed: names of the options given on the command line, without ``kv_``.
    """

    points: tuple[Point, ...]
    scope: str
    model: str
    device: str
    dtype: str
    trust_remote_code: bool
    seed: int
    strict: bool
    no_shrink: bool = False
    find_ratio: bool = False
    null: str = AUTO
    typed_gate: Gate = Gate()
    ini_gate: Gate = Gate()
    reports: tuple[ReportRequest, ...] = ()
    show_secrets: bool = False
    ifeval: IFEvalOptions | None = None
    judge: JudgeOptions = field(default_factory=JudgeOptions)
    golden: GoldenOptions = field(default_factory=GoldenOptions)
    faults: FaultOptions = field(default_factory=FaultOptions)
    store: StoreOptions = field(default_factory=StoreOptions)
    executor: ExecutorOptions = field(default_factory=ExecutorOptions)
    endpoints: EndpointOptions = field(default_factory=EndpointOptions)
    launch: LaunchOptions = field(default_factory=LaunchOptions)
    typed: frozenset[str] = frozenset()

    @property
    def asks_servers(self) -> bool:
        """Whether servers answer, and not a model in this process."""
        return self.endpoints.is_on or self.launch.is_on

    @property
    def policies(self) -> tuple[str, ...]:
        """The distinct policies, without ``none``."""
        return tuple(dict.fromkeys(point.policy for point in self.points if point.policy != NO_POLICY))

    def gate_of(self, gate: Gate) -> Gate:
        """Return a contract's gate: what is typed wins over the contract, the contract over the ini file."""
        return self.typed_gate.over(gate).over(self.ini_gate)

    @property
    def ratio_grid(self) -> tuple[Fraction, ...]:
        """The ratios that a search for the largest safe one may try: those that were typed, or every twentieth."""
        typed = {parse_ratio(point.ratio) for point in self.points if "ratio" in self.typed}
        return tuple(sorted(ratio for ratio in typed if ratio)) or default_grid()

    @property
    def kernels(self) -> tuple[str, ...]:
        """The distinct kernels."""
        return tuple(dict.fromkeys(point.kernel for point in self.points))


def add_options(parser: pytest.Parser) -> None:
    """Declare every option and its ini twin."""
    group = parser.getgroup("kvguard", "KV-cache compression guard")
    for strings, ini, default, metavar, text in _VALUES:
        group.addoption(*strings, dest=ini, action="append", default=[], metavar=metavar, help=text)
        parser.addini(ini, f"{text} (same as {strings[0]})", default=default)
    for string, ini, text in _FLAGS:
        group.addoption(string, dest=ini, action="store_true", default=None, help=text)
        parser.addini(ini, f"{text} (same as {string})", type="bool", default=False)
    declare_reports(group, parser)


def read_options(config: pytest.Config) -> KVOptions:
    """Return the options, checked.

    Raises:
        pytest.UsageError: unknown policy, ratio out of range, unknown scope, seed that is no number.
    """
    try:
        policies = _policies(_many(config, "kv_policy"), _many(config, "kv_cache"))
        ratios = _distinct_ratios(_many(config, "kv_ratio"))
    except SpecError as error:
        raise pytest.UsageError(str(error)) from None
    kernels = _many(config, "kv_attn")
    typed = frozenset(ini for _, ini, *_ in _VALUES if config.getoption(ini))
    endpoints = EndpointOptions.read(lambda name: _one(config, name), lambda name: _all(config, name))
    launch = LaunchOptions.read(lambda name: _one(config, name))
    points = tuple(Point(*cell, kernel) for cell, kernel in product(_cells(policies, ratios), kernels))
    return KVOptions(
        points=_server_points(endpoints, launch, typed) if endpoints.is_on or launch.is_on else points,
        scope=_scope(_one(config, "kv_scope")),
        model=current_name(_one(config, "kv_model"), tell=lambda line: None),
        device=_one(config, "kv_device"),
        dtype=_one(config, "kv_dtype"),
        trust_remote_code=_flag(config, "kv_trust_remote_code"),
        seed=_seed(_one(config, "kv_seed")),
        strict=_flag(config, "kv_strict"),
        no_shrink=_flag(config, "kv_no_shrink"),
        find_ratio=_find_ratio(config, policies, endpoints.is_on),
        null=_null(_one(config, "kv_null")),
        typed_gate=read_gate(lambda name: (config.getoption(f"kv_{name}") or [""])[-1]),
        ini_gate=read_gate(lambda name: str(config.getini(f"kv_{name}"))),
        reports=read_reports(config),
        show_secrets=_flag(config, "kv_show_secrets"),
        ifeval=_ifeval(config),
        judge=JudgeOptions.read(lambda name: _one(config, name), typed),
        golden=GoldenOptions.read(config),
        faults=FaultOptions.read(config, lambda name: _one(config, name), _flag(config, "kv_faults")),
        store=StoreOptions.read(config),
        executor=ExecutorOptions.read(_one(config, "kv_executor"), _one(config, "kv_replicas")),
        endpoints=endpoints,
        launch=launch,
        typed=frozenset(ini.removeprefix("kv_") for ini in typed),
    )


def _cells(policies: list[str], ratios: list[str]) -> list[tuple[str, str]]:
    """Return policies x ratios; what evicts nothing runs once, at ratio 0."""
    cells = [(policy, "0" if ignores_ratio(policy) else ratio) for policy, ratio in product(policies, ratios)]
    return list(dict.fromkeys(cells)) or [(NO_POLICY, "0")]


def _distinct_ratios(texts: list[str]) -> list[str]:
    """Return the ratios as first written; 0.5 and 0.50 are one."""
    distinct: dict[Fraction, str] = {}
    for text in texts:
        distinct.setdefault(parse_ratio(text), text)
    return list(distinct.values())


def _policies(specs: list[str], caches: list[str]) -> list[str]:
    """Return the policies, each in every cache; without policies the caches alone."""
    wanted = [spec for spec in specs if spec != NO_POLICY]
    if caches:
        wanted = [put_cache_around(cache, spec) for cache, spec in product(caches, wanted or [""])]
    for spec in wanted:
        check_spec(spec)
    return wanted


def former_names(config: pytest.Config) -> list[str]:
    """Return a line where the options call the default model by a name it had before."""
    lines: list[str] = []
    current_name(_one(config, "kv_model"), lines.append)
    return lines


def _many(config: pytest.Config, name: str) -> list[str]:
    """Return a repeatable, comma-separated option; commas inside parentheses do not separate."""
    typed: list[str] = config.getoption(name)
    parts = list(dict.fromkeys(part for text in typed or [str(config.getini(name))] for part in split_specs(text)))
    if typed and not parts:
        raise pytest.UsageError(f"--{name.replace('_', '-')} is empty. {EMPTY[name]}")
    return parts


def _all(config: pytest.Config, name: str) -> list[str]:
    """Return every value given, from an ini file the words in it."""
    given: list[str] = config.getoption(name)
    return given or str(config.getini(name)).split()


def _server_points(endpoints: EndpointOptions, launch: LaunchOptions, typed: frozenset[str]) -> tuple[Point, ...]:
    """Return a cell per server; how its cache is compressed is its own affair."""
    if endpoints.is_on and launch.is_on:
        raise pytest.UsageError("--kv-launch starts servers, --kv-baseline-endpoint names some. Give one of them.")
    by = "--kv-launch" if launch.is_on else "--kv-baseline-endpoint"
    clash = [name for name in ("kv_policy", "kv_ratio", "kv_scope", "kv_attn") if name in typed]
    if clash:
        raise pytest.UsageError(
            f"--{clash[0].replace('_', '-')} says how to compress in this process, {by} that servers "
            "answer. Give one of them; a server's cache is chosen where it is started."
        )
    names = launch.caches or [name for name, _ in endpoints.arms] or [NO_POLICY]
    return tuple(Point(name, "0", ON_SERVER) for name in names)


def _one(config: pytest.Config, name: str) -> str:
    """Return the last value given."""
    given: list[str] = config.getoption(name)
    return given[-1] if given else str(config.getini(name))


def _flag(config: pytest.Config, name: str) -> bool:
    return bool(config.getoption(name) or config.getini(name))


def _find_ratio(config: pytest.Config, policies: list[str], on_server: bool) -> bool:
    if not _flag(config, "kv_find_ratio"):
        return False
    if config.getoption("kv_find_ratio") and not policies:
        raise pytest.UsageError("--kv-find-ratio looks for a policy's ratio. Name one, e.g. --kv-policy=snapkv.")
    if on_server:
        raise pytest.UsageError("--kv-find-ratio chooses ratios, which a server cannot be told. Leave one of them out.")
    return bool(policies)


def _scope(name: str) -> str:
    if name not in SCOPES:
        raise pytest.UsageError(f"Unknown --kv-scope={name}.{suggest(name, SCOPES)} Allowed: {', '.join(SCOPES)}.")
    return name


def _ifeval(config: pytest.Config) -> IFEvalOptions | None:
    text, limit, mode, tokens = (
        _one(config, name) for name in ("kv_ifeval", "kv_limit", "kv_ifeval_mode", "kv_ifeval_tokens")
    )
    typed = bool(config.getoption("kv_ifeval"))
    if text:
        folder = config.invocation_params.dir if typed else config.rootpath
        return IFEvalOptions.read(text, limit, mode, tokens, folder)
    if typed or config.getoption("kv_limit"):
        raise pytest.UsageError("--kv-ifeval names no file. Write e.g. --kv-ifeval=rows.jsonl --kv-limit=20.")
    return None


def _seed(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise pytest.UsageError(f"--kv-seed={text} is not a whole number.") from None


def _null(name: str) -> str:
    known = (AUTO, *NULL_CHANGES, OFF)
    if name not in known:
        raise pytest.UsageError(f"Unknown --kv-null={name}.{suggest(name, known)} Allowed: {', '.join(known)}.")
    return name
