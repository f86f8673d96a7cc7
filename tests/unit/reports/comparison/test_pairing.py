"""Items are compared with the same item of the other run, and what has none is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_kvguard.errors import UsageError
from pytest_kvguard.reports.comparison.compare import compare_runs
from pytest_kvguard.reports.comparison.pairing import pair_items
from tests.compared_runs import item, items, run_of


def test_the_order_of_the_cases_does_not_matter(tmp_path: Path) -> None:
    cases = items(["HELD", "LOST", "HELD"])
    pairing = pair_items(run_of(tmp_path, "a", *cases), run_of(tmp_path, "b", *reversed(cases)))
    assert [pair.before == pair.after for pair in pairing.pairs] == [True] * 3
    assert not pairing.gone and not pairing.new and not pairing.notes


def test_sampled_orders_are_the_same_by_their_instructions_not_by_their_number(tmp_path: Path) -> None:
    before = run_of(tmp_path, "a", item(order=1))
    same = {**item(order=2), "order": item(order=1)["order"]}
    assert len(pair_items(before, run_of(tmp_path, "b", same)).pairs) == 1
    pairing = pair_items(before, run_of(tmp_path, "c", {**item(order=1), "order": ["hours", "other"]}))
    assert (len(pairing.pairs), len(pairing.gone), len(pairing.new)) == (0, 1, 1)


def test_the_written_order_stays_the_same_item_if_the_contract_gains_an_instruction(tmp_path: Path) -> None:
    longer = {**item(), "order": ["hours", "tone", "more"]}
    pairing = pair_items(run_of(tmp_path, "a", item()), run_of(tmp_path, "b", longer))
    assert len(pairing.pairs) == 1
    assert pairing.notes == ("the order of the prompt changed, and the items are compared nevertheless: shop · hours.",)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"instruction_text": "We open at 10."}, "the instruction's text"),
        ({"turns": ["When?"]}, "the user's turns"),
        ({"by_seed": [{"seed": 1, "verdicts": ["HELD"]}], "seed": 1}, "the choice of seeds"),
    ],
)
def test_items_whose_contract_changed_are_compared_and_named(
    tmp_path: Path, changes: dict[str, object], word: str
) -> None:
    pairing = pair_items(run_of(tmp_path, "a", item()), run_of(tmp_path, "b", item(**changes)))
    assert len(pairing.pairs) == 1 and len(pairing.notes) == 1
    assert pairing.notes[0].startswith(f"{word} changed")


def test_secrets_that_were_masked_with_two_keys_are_equal(tmp_path: Path) -> None:
    one, other = (item(instruction_text=f"The code is [secret:{digest}].") for digest in ("1f962301", "00ab00ab"))
    comparison = compare_runs(run_of(tmp_path, "a", one), run_of(tmp_path, "b", other))
    assert comparison.pairing.notes == ()


def test_two_different_cells_are_compared_where_each_run_has_no_other(tmp_path: Path) -> None:
    after = item(policy="snapkv(window=8)")
    pairing = pair_items(run_of(tmp_path, "a", item()), run_of(tmp_path, "b", after))
    assert [pair.label for pair in pairing.pairs] == ["snapkv 0.5 → snapkv(window=8) 0.5"]
    assert "two different cells" in pairing.notes[0]


def test_an_uncompressed_cell_of_one_run_alone_is_told_beside_two_that_are_compared(tmp_path: Path) -> None:
    before = run_of(tmp_path, "a", item(), item(policy="none", ratio="0"))
    pairing = pair_items(before, run_of(tmp_path, "b", item(policy="knorm")))
    assert [pair.label for pair in pairing.pairs] == ["snapkv 0.5 → knorm 0.5"]
    assert pairing.notes[1:] == ("uncompressed: not compared, because the run after has no such cell.",)


def test_of_several_cells_only_those_of_one_name_are_compared_and_the_others_told(tmp_path: Path) -> None:
    before = run_of(tmp_path, "a", item(), item(policy="knorm"))
    pairing = pair_items(before, run_of(tmp_path, "b", item(), item(policy="tova")))
    assert [pair.label for pair in pairing.pairs] == ["snapkv 0.5"]
    assert [pair.label for pair in (*pairing.gone, *pairing.new)] == ["knorm 0.5", "tova 0.5"]
    assert pairing.notes == (
        "knorm 0.5: not compared, because the run after has no such cell.",
        "tova 0.5: not compared, because the run before has no such cell.",
    )


def test_contracts_of_one_name_are_told_apart_by_their_files(tmp_path: Path) -> None:
    cases = [item(file="a.kv.yaml"), item("LOST", file="b.kv.yaml")]
    pairing = pair_items(run_of(tmp_path, "a", *cases), run_of(tmp_path, "b", *cases))
    assert [pair.before == pair.after for pair in pairing.pairs] == [True, True]


def test_a_contract_that_moved_to_another_file_stays_the_same(tmp_path: Path) -> None:
    pairing = pair_items(run_of(tmp_path, "a", item(file="a.kv.yaml")), run_of(tmp_path, "b", item(file="b.kv.yaml")))
    assert len(pairing.pairs) == 1


def test_a_run_with_one_item_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"a\.json holds shop\.kv\.yaml::.* twice"):
        pair_items(run_of(tmp_path, "a", item(), item()), run_of(tmp_path, "b", item()))


def test_runs_with_nothing_in_common_are_an_error_and_not_green(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="have no item in common"):
        compare_runs(run_of(tmp_path, "a", item()), run_of(tmp_path, "b", item(contract="other")))


def test_cases_of_searches_are_left_out_with_a_word(tmp_path: Path) -> None:
    after = run_of(tmp_path, "b", item(), item("LOST", order_index=-1, arrangement={"order": []}))
    comparison = compare_runs(run_of(tmp_path, "a", item()), after)
    assert comparison.new_losses == 0
    assert comparison.warnings == (
        "1 cases of searches in the later run are left out: they were selected for failing.",
    )
