"""The conformance suite in pytest: which invariants are checked on which models, and what becomes of a finding."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pytest

from pytest_kvguard.backends.specs import NO_POLICY, is_cache, quantizes
from pytest_kvguard.invariants.random_models import HEAD_LAYOUTS
from pytest_kvguard.invariants.table import KERNEL, POLICY, RUNS, load, names
from pytest_kvguard.plugin.options import KVOptions, Point
from pytest_kvguard.plugin.session import KVSession, session_key
from pytest_kvguard.reports.invariants import (
    BROKEN,
    HOLDS,
    NOT_APPLICABLE,
    NOT_CHECKED,
    InvariantRow,
    invariant_lines,
)

if TYPE_CHECKING:
    from pytest_kvguard.invariants.finding import Finding
    from pytest_kvguard.invariants.subject import ModelSource, Subject

__all__ = [
    "EVERY_MODEL",
    "InvariantCase",
    "InvariantCheck",
    "attach_invariant",
    "check_key",
    "parametrize_invariants",
    "target_of",
    "write_invariants",
]

ROW = "kvguard_invariant"
SHIPPED = "pytest_kvguard.invariants"
EVERY_MODEL = ""
DEALT = "kv_dealt"
DEALT_LAYOUTS = ("llama-two-kv-heads-of-three", "gemma3-sliding", "llama-no-gqa")
"""More KV heads than one and unlike a group's size; a sliding window; as many KV heads as query heads."""
SLOW = ("batch-rows", "decoding", "held-budget")
MATRIX = ("eager", "sdpa", "flex_attention")
FLASH = {"flash_attn": "flash_attention_2", "flash_attn_interface": "flash_attention_3"}
"""By package that must be installed: the attention functions that transformers then offers."""


@dataclass(frozen=True)
class InvariantCase:
    """One invariant of one subject.

    Attributes:
        oracle: its name.
        model: head layout or loaded model; ``EVERY_MODEL`` for one that is asked of all of them at once.
        point: policy, ratio and kernel.
    """

    oracle: str
    model: str
    point: Point

    @property
    def label(self) -> str:
        """What stands in the node id."""
        parts = [] if self.point.policy == NO_POLICY else [self.point.policy, self.point.ratio]
        return "-".join([*parts, self.point.kernel, *([self.model] if self.model else []), self.oracle])


def parametrize_invariants(metafunc: pytest.Metafunc) -> None:
    """Parametrize a test over all that the command line puts under test."""
    options = metafunc.config.stash[session_key].options
    dealt = metafunc.definition.get_closest_marker(DEALT)
    cases = list(dealt_cases(options) if dealt else cases_of(options))
    metafunc.parametrize("kv_invariant", cases, ids=[case.label for case in cases], indirect=True)


def cases_of(options: KVOptions) -> Iterator[InvariantCase]:
    """Yield the invariants of each policy; those of kernels where kernels were named or no policy was."""
    models = models_of(options)
    for point in (point for point in options.points if point.policy != NO_POLICY):
        yield InvariantCase(RUNS, EVERY_MODEL, point)
        for model in models:
            yield from (InvariantCase(name, model, point) for name in names(POLICY) if name != RUNS)
    if options.policies and "attn" not in options.typed:
        return
    flash = (kernel for package, kernel in FLASH.items() if find_spec(package))
    for kernel in dict.fromkeys((*MATRIX, *flash, *options.kernels)):
        for model in models:
            yield from (InvariantCase(name, model, Point(NO_POLICY, "0.5", kernel)) for name in names(KERNEL))


def _evicts(policy: str) -> bool:
    return policy != NO_POLICY and not quantizes(policy) and not is_cache(policy)


def dealt_cases(options: KVOptions) -> Iterator[InvariantCase]:
    """Yield each policy's invariants on one of a few random models, in turn, until all of both had a turn.

    The slow ones are checked once.

    Kernels that were asked for are checked on all of these, but for the one that others are compared with.
    """
    points = [point for point in options.points if _evicts(point.policy)]
    for number in range(max(len(points), len(DEALT_LAYOUTS)) if points else 0):
        point, model = points[number % len(points)], DEALT_LAYOUTS[number % len(DEALT_LAYOUTS)]
        yield from (InvariantCase(name, model, point) for name in names(POLICY) if not number or name not in SLOW)
    for kernel in options.kernels:
        for model in DEALT_LAYOUTS if kernel != MATRIX[0] else ():
            yield from (InvariantCase(name, model, Point(NO_POLICY, "0.5", kernel)) for name in names(KERNEL))


def models_of(options: KVOptions) -> tuple[str, ...]:
    """Return the random models, and the one that was asked for by name."""
    return (*HEAD_LAYOUTS, *([options.model] if "model" in options.typed else []))


class InvariantCheck:
    """Checks one invariant; calling it fails or skips the test that does.

    Attributes:
        case: what is checked.
        row: what came out, for the summary; None before the call.
    """

    def __init__(self, kv: KVSession, case: InvariantCase, target: str) -> None:
        self._kv = kv
        self._target = target
        self.case = case
        self.row: InvariantRow | None = None

    def __call__(self) -> None:
        """Check it."""
        from pytest_kvguard.invariants.finding import NotApplicable

        try:
            finding = self._find()
        except NotApplicable as reason:
            self._note(NOT_APPLICABLE, str(reason))
            pytest.skip(str(reason))
        if finding is None:
            self._note(HOLDS, "")
        elif finding.crashed and self.case.oracle != RUNS and self._crashes():
            self._note(NOT_CHECKED, str(finding))
            pytest.skip(f"{self.case.point.policy} does not run here; its item {RUNS!r} says why")
        else:
            self._note(BROKEN, str(finding))
            pytest.fail(self._explain(finding), pytrace=False)

    def _find(self) -> Finding | None:
        oracle = load(self.case.oracle)
        models = models_of(self._kv.options) if self.case.model == EVERY_MODEL else (self.case.model,)
        findings = [(model, oracle(self._subject(model))) for model in models]
        broken = [(model, finding) for model, finding in findings if finding]
        if not broken:
            return None
        model, finding = broken[0]
        many = f", {len(broken)} of {len(models)} models" if len(models) > 1 else ""
        where = "; ".join(part for part in (finding.where, f"{model}{many}") if part)
        return replace(finding, where=where)

    def _crashes(self) -> bool:
        runs = load(RUNS)(self._subject(self.case.model)) if self.case.point.policy != NO_POLICY else None
        return runs is not None and runs.crashed

    def _subject(self, model: str) -> Subject:
        from fractions import Fraction

        from pytest_kvguard.invariants.subject import Subject, load_policy

        point = self.case.point
        policy = None if point.policy == NO_POLICY else load_policy(point.policy)
        ratio = Fraction(point.ratio) if Fraction(point.ratio) else Fraction(1, 2)
        return Subject(self._source(model), policy, ratio, point.kernel)

    def _source(self, model: str) -> ModelSource:
        from pytest_kvguard.invariants.subject import LoadedModels, RandomModels

        if model in HEAD_LAYOUTS:
            return RandomModels(model)
        return LoadedModels(model, self._kv.float32_model)

    def _note(self, outcome: str, message: str) -> None:
        point = self.case.point
        self.row = InvariantRow(
            "" if point.policy == NO_POLICY else point.policy,
            point.ratio,
            point.kernel,
            self.case.model,
            self.case.oracle,
            outcome,
            message,
        )

    def _explain(self, finding: Finding) -> str:
        from pytest_kvguard.reports.invariants import explain_finding

        assert self.row is not None
        rerun = invariant_command(self._target, self._kv.options, self.case.point)
        return explain_finding(self.row, load(self.case.oracle).promise, finding, rerun)


def invariant_command(target: str, options: KVOptions, point: Point) -> str:
    """Return a command for the shell that checks one invariant again."""
    words = ["pytest", *shlex.split(target)]
    if point.policy != NO_POLICY:
        words += [f"--kv-policy={point.policy}", f"--ratio={point.ratio}"]
    if "attn" in options.typed:
        words.append(f"--kv-attn={','.join(options.kernels)}")
    words += [f"--kv-{name}={getattr(options, name)}" for name in ("model", "device") if name in options.typed]
    return shlex.join(words)


def target_of(item: pytest.Item) -> str:
    """Return how an item is named on the command line, quoted."""
    module = getattr(item, "module", None)
    if module is None or not module.__name__.startswith(SHIPPED):
        return shlex.quote(item.nodeid)
    return f"--pyargs {shlex.quote(f'{SHIPPED}.test_invariants::{item.name}')}"


check_key = pytest.StashKey[InvariantCheck]()


def attach_invariant(item: pytest.Item, report: pytest.TestReport) -> None:
    """Put what came out on the report, so that it travels from xdist's workers."""
    check = item.stash.get(check_key, None)
    if check is not None and check.row is not None and report.when == "call":
        setattr(report, ROW, check.row.to_json())


def write_invariants(terminalreporter: Any) -> None:
    """Write what came out of all invariants; with -q only what is broken is told, by the failures themselves."""
    reports = (report for reports in terminalreporter.stats.values() for report in reports)
    rows = [InvariantRow.from_json(getattr(report, ROW)) for report in reports if hasattr(report, ROW)]
    if not rows or terminalreporter.config.get_verbosity() < 0:
        return
    terminalreporter.section("kvguard: invariants")
    for line in invariant_lines(rows):
        terminalreporter.write_line(line)
