"""An update of accepted losses: for what ran as a whole and nothing else, and for no leak without a user's word."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest

from pytest_kvguard.accepted.entry import Document, Evidence, Identity, LeakRequest, Run
from pytest_kvguard.accepted.update import Observation, update_document, without_unused
from pytest_kvguard.values.results import Verdict
from tests.unit.accepted.accepted_losses import HOURS, MODEL, NARROW, SNAPKV, TONE, document, entry, seen

RUN = (SNAPKV,)


def test_losses_of_all_orders_are_folded_into_one_entry() -> None:
    orders = [
        seen(order=order, planned=3, verdict=verdict) for order, verdict in ((2, "LOST"), (0, "HELD"), (1, "LOST"))
    ]
    updated = update_document(Document(), orders, RUN)
    [written] = updated.document.cells[SNAPKV, MODEL].values()
    assert written.counts == {"HELD": 1, "LOST": 2}
    assert written.failures == {Verdict.LOST: {"contains": (Run(1), Run(2))}}
    assert (written.reply, updated.accepted) == ("at nine", [("snapkv 0.5", HOURS)])


def test_reasons_and_days_stay_and_what_holds_again_goes() -> None:
    old = document(entry(HOURS, reason="slow to mend", until=date(2030, 1, 1)), entry(TONE))
    updated = update_document(old, [seen(HOURS), seen(TONE, "HELD")], RUN)
    [kept] = updated.document.cells[SNAPKV, MODEL].values()
    assert (kept.place, kept.reason, kept.until) == (HOURS, "slow to mend", date(2030, 1, 1))
    assert updated.dropped == [("snapkv 0.5", TONE)]


@pytest.mark.parametrize(
    ("more", "why"),
    [({"planned": 2}, "1 of its 2 orders did not run"), ({"verdict": "ERROR"}, "an item could not run")],
)
def test_what_did_not_run_as_a_whole_keeps_its_entry(more: dict[str, object], why: str) -> None:
    old = document(entry(HOURS))
    updated = update_document(old, [seen(HOURS, **{"verdict": "HELD", **more})], RUN)  # type: ignore[arg-type]
    assert updated.document == old
    assert updated.skipped == [("snapkv 0.5", HOURS, why)]


def test_what_did_not_run_at_all_keeps_its_entry() -> None:
    old = document(entry(HOURS), entry(TONE))
    assert update_document(old, [seen(HOURS)], RUN).document.cells[SNAPKV, MODEL].keys() == {HOURS, TONE}


def test_an_entry_for_another_model_is_replaced_not_doubled() -> None:
    other = Identity("22222222")
    updated = update_document(document(entry(HOURS), entry(TONE)), [seen(HOURS, identity=other)], RUN).document
    assert updated.cells.keys() == {(SNAPKV, MODEL), (SNAPKV, other)}
    assert updated.cells[SNAPKV, MODEL].keys() == {TONE}


LEAK = seen(verdict="LEAKED")
ASKED = LeakRequest(HOURS, "snapkv 0.5", "known", date(2030, 1, 1))


def test_a_leak_is_not_accepted_but_told() -> None:
    updated = update_document(Document(), [LEAK, seen(TONE)], RUN)
    assert updated.document.cells[SNAPKV, MODEL].keys() == {TONE}
    assert updated.leaks == [LeakRequest(HOURS, "snapkv 0.5", "")]


def test_a_leak_that_was_asked_for_is_accepted_with_its_reason_and_stays() -> None:
    updated = update_document(Document(leaks=(ASKED,)), [LEAK], RUN)
    [written] = updated.document.cells[SNAPKV, MODEL].values()
    assert (written.reason, written.until, updated.document.leaks) == ("known", date(2030, 1, 1), ())
    assert update_document(updated.document, [LEAK], RUN).document == updated.document


def test_a_leak_in_one_more_order_is_not_accepted_with_the_first() -> None:
    first, second = (replace(LEAK, planned=2, order=order) for order in (0, 1))
    one = update_document(Document(leaks=(ASKED,)), [first, replace(second, verdict="HELD", failing={})], RUN).document
    both = update_document(one, [first, second], RUN)
    [written] = both.document.cells[SNAPKV, MODEL].values()
    assert written.failures == {Verdict.LEAKED: {"contains": (Run(0),)}}
    assert (written.counts, written.reason) == ({"LEAKED": 1}, "known")
    assert both.leaks == [LeakRequest(HOURS, "snapkv 0.5", "")]


def test_a_request_stays_while_there_is_no_such_leak() -> None:
    assert update_document(Document(leaks=(ASKED,)), [seen(TONE)], RUN).document.leaks == (ASKED,)


@pytest.mark.parametrize("changed", [{"identity": Identity("22222222")}, {"evidence": Evidence("f", "f", "f", "f")}])
def test_an_accepted_leak_of_something_else_is_not_carried_over(changed: dict[str, object]) -> None:
    accepted = update_document(Document(leaks=(ASKED,)), [LEAK], RUN).document
    updated = update_document(accepted, [replace(LEAK, **changed)], RUN)  # type: ignore[arg-type]
    assert not any(updated.document.cells.values()) and updated.leaks


def test_an_accepted_leak_is_not_carried_over_to_other_settings() -> None:
    accepted = update_document(Document(leaks=(ASKED,)), [LEAK], RUN).document
    updated = update_document(accepted, [seen(verdict="LEAKED", cell=NARROW)], (NARROW,))
    assert not any(updated.document.cells.values()) and len(updated.leaks) == 1


def test_other_settings_of_a_policy_are_judged_by_the_only_entries_there_are() -> None:
    old = document(entry(HOURS))
    assert old.judge_of(NARROW) == SNAPKV
    assert old.judge_of(replace(NARROW, ratio="0.25")) is None
    assert old.judge_of(replace(NARROW, model="other")) is None
    assert old.judge_of(replace(NARROW, policy="knorm")) is None
    two = Document({**old.cells, (replace(SNAPKV, policy="snapkv(window=4)"), MODEL): {}})
    assert two.judge_of(NARROW) is None
    assert two.judge_of(SNAPKV) == SNAPKV


def test_an_update_under_other_settings_takes_the_place_of_the_entries_it_was_judged_by() -> None:
    updated = update_document(
        document(entry(HOURS), entry(TONE)), [seen(HOURS, cell=NARROW), seen(TONE, "HELD", NARROW)], (NARROW,)
    )
    assert updated.document.cells.keys() == {(NARROW, MODEL)}
    assert updated.document.cells[NARROW, MODEL].keys() == {HOURS}


def test_both_settings_in_one_run_have_entries_of_their_own_even_where_nothing_is_lost() -> None:
    both = [seen(HOURS), seen(HOURS, "HELD", NARROW)]
    updated = update_document(document(entry(HOURS)), both, (SNAPKV, NARROW)).document
    assert updated.cells[SNAPKV, MODEL].keys() == {HOURS}
    assert updated.cells[NARROW, MODEL] == {}
    assert updated.judge_of(NARROW) == NARROW


def test_what_no_check_used_is_removed_on_request() -> None:
    assert without_unused(document(entry(HOURS), entry(TONE)), [(SNAPKV, TONE)]) == document(entry(HOURS))


def test_an_observation_travels_between_processes_unchanged() -> None:
    sent = json.loads(json.dumps(LEAK.to_json()))
    assert sent == LEAK.to_json() and type(LEAK.to_json()["failing"]["contains"][0]) is str  # xdist sends no enums
    assert Observation.from_json(sent) == LEAK
