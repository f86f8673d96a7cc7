"""Puts the records that files are made of on pytest's reports, so that they cross xdist, and collects them again."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_kvguard.plugin.items import BrokenContract, CaseItem, GateItem
from pytest_kvguard.plugin.search_items import SearchItem
from pytest_kvguard.plugin.session import session_key

if TYPE_CHECKING:
    from pytest_kvguard.contract.model import Contract
    from pytest_kvguard.orderings.arrangement import Arrangement
    from pytest_kvguard.reports.run_record import RunRecord
    from pytest_kvguard.values.gates import GateResult

__all__ = ["attach_records", "collect_records"]

RECORDS = "kvguard_records"

Record = dict[str, Any]


def attach_records(item: pytest.Item, report: pytest.TestReport) -> None:
    """Put an item's records on the report that decides its outcome, if there are files to write."""
    decided = report.when == "call" or (report.when == "setup" and report.outcome != "passed")
    if decided and item.config.stash[session_key].options.reports:
        records = _records_of(item)
        for kind, record in records.items():
            record["file"] = item.nodeid.partition("::")[0]
            if kind != "contexts":
                record |= {"nodeid": item.nodeid, "outcome": _outcome(report)}
        setattr(report, RECORDS, {**records, "title": item.config.stash[session_key].title} if records else {})


def _records_of(item: pytest.Item) -> dict[str, Record]:
    if isinstance(item, CaseItem | SearchItem) and item.result is not None:
        return _of_case(item)
    if isinstance(item, GateItem) and item.result is not None:
        return {"gates": _of_gate(item, item.result)}
    if isinstance(item, BrokenContract):
        mask = item.config.stash[session_key].masker.mask
        return {"broken": {"line": item.error.line, "message": mask(item.error.message)}}
    return {}


def _of_case(item: CaseItem | SearchItem) -> dict[str, Record]:
    from pytest_kvguard.reports.masked import mask_contract
    from pytest_kvguard.reports.records import case_record, context_record

    assert item.result is not None
    found = item.found.arrangement if isinstance(item, SearchItem) and item.found else None
    contract = mask_contract(_as_run(item.contract, found), item.kv.masker)
    arrangement = item.kv.masker.mask_values(json.loads(found.to_json())) if found else None
    records = {"cases": case_record(item.result, contract, item.rerun_command(item.case), arrangement)}
    conversation = (item.path, *vars(replace(item.case, instruction="")).values())
    # Other orders move the same tokens about; one picture of a prompt is enough, and one teller of it.
    if item.case.order_index or conversation in item.kv.told_contexts:
        return records
    item.kv.told_contexts.add(conversation)
    context = context_record(item.result, item.kv.masker)
    return {**records, "contexts": context} if context else records


def _as_run(contract: Contract, found: Arrangement | None) -> Contract:
    """Return the contract as the model read it: as written, or as a search arranged it."""
    if found is None:
        return contract
    from pytest_kvguard.orderings.arrangement import arrange

    return arrange(contract, found)


def _of_gate(item: GateItem, result: GateResult) -> Record:
    from pytest_kvguard.reports.records import gate_record

    case = item.cases[item.point][0]
    return {
        "contract": case.contract,
        "policy": case.policy,
        "ratio": case.ratio,
        "kernel": case.kernel,
        **item.kv.masker.mask_values(gate_record(result)),
    }


def collect_records(report: pytest.TestReport, run: RunRecord) -> None:
    """Add what a report carries to the run."""
    records = dict(getattr(report, RECORDS, {}))
    run.title = records.pop("title", "") or run.title
    for kind, record in records.items():
        run.add(kind, record)


def _outcome(report: pytest.TestReport) -> str:
    if hasattr(report, "wasxfail"):
        return "xfailed"
    return "error" if report.when == "setup" and report.failed else report.outcome
