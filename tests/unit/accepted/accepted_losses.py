"""Accepted losses and results for tests."""

from __future__ import annotations

from pytest_kvguard.accepted.entry import AcceptedCell, Document, Entry, Evidence, Failures, Identity, Place, Run
from pytest_kvguard.accepted.update import Observation
from pytest_kvguard.values.cell import Cell
from pytest_kvguard.values.results import Arm, CaseId, CaseResult, Check, CheckPair, Reply, SeedResult, Verdict

SNAPKV = AcceptedCell("snapkv", "0.5", "sdpa", "context", "smolguard")
NARROW = AcceptedCell("snapkv(window=8)", "0.5", "sdpa", "context", "smolguard")
HOURS, TONE = Place("shop.kv.yaml", "hours", "opening"), Place("shop.kv.yaml", "tone", "opening")
EVIDENCE = Evidence("0000000a", "0000000b", "0000000c", "0000000d")
MODEL = Identity("11111111")
LOST: Failures = {Verdict.LOST: {"contains": (Run(0),)}}


def entry(place: Place = HOURS, failures: Failures = LOST, **more: object) -> Entry:
    counts = {str(verdict): 1 for verdict in failures}
    return Entry(place, counts, failures, EVIDENCE, **more)  # type: ignore[arg-type]


def document(*entries: Entry, cell: AcceptedCell = SNAPKV, identity: Identity = MODEL) -> Document:
    return Document({(cell, identity): {each.place: each for each in entries}})


def pair(rule: str, before: bool = True, after: bool = True, null: bool | None = None, leak: bool = False) -> CheckPair:
    checks = [None if holds is None else Check(rule, holds, "", "", leak) for holds in (before, after, null)]
    assert checks[0] is not None
    return CheckPair(checks[0], checks[1], checks[2])


def result(*pairs: CheckPair, verdict: Verdict = Verdict.LOST, order: int = 0) -> CaseResult:
    case = CaseId("shop", "opening", "hours", Cell.of("snapkv", "0.5"), ("hours",), order)
    arm = Arm((Reply("we open at nine", (1, 2), "stop"),))
    return CaseResult(case, verdict, pairs, arm, arm, f"{verdict}: …")


def sampled(*lost: int, seeds: int = 8, verdict: Verdict = Verdict.UNSTABLE) -> CaseResult:
    """A result over seeds, of which some lose the hours."""
    drawn = tuple(SeedResult(seed, (pair("contains", after=seed not in lost),), 1, 1) for seed in range(seeds))
    one = result(verdict=verdict)
    return CaseResult(one.case, verdict, drawn[0].checks, one.baseline, one.compressed, "", seed=0, by_seed=drawn)


def seen(place: Place = HOURS, verdict: str = "LOST", cell: AcceptedCell = SNAPKV, **more: object) -> Observation:
    failing = {"contains": (Verdict(verdict), [None])} if verdict in ("LOST", "UNSTABLE", "LEAKED") else {}
    facts: dict[str, object] = {"identity": MODEL, "evidence": EVIDENCE, "order": 0, "planned": 1, "reply": "at nine"}
    facts |= {"failing": failing, **more}
    return Observation(cell, cell.label, place=place, verdict=verdict, **facts)  # type: ignore[arg-type]
