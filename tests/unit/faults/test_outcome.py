from __future__ import annotations

from dataclasses import replace

from pytest_kvguard.faults.outcome import CONTRACT, GOLDEN, INVARIANT
from tests.unit.faults.outcomes import MEASURED


def test_equivalent_faults_are_no_part_of_the_score() -> None:
    assert MEASURED.seen == 3
    assert MEASURED.score == 2 / 3


def test_a_score_of_nothing_is_none() -> None:
    assert replace(MEASURED, faults=MEASURED.faults[1:2]).score is None


def test_every_layer_says_what_it_alone_would_have_caught() -> None:
    caught = {layer: MEASURED.caught_by(layer) for layer in (INVARIANT, GOLDEN, CONTRACT)}
    assert caught == {INVARIANT: ("k-moved-v-not",), GOLDEN: ("wrong-end",), CONTRACT: ("k-moved-v-not",)}


def test_layers_are_named_in_one_order() -> None:
    assert MEASURED.faults[0].layers == (INVARIANT, CONTRACT)


def test_the_document_has_the_lists_and_who_noticed() -> None:
    document = MEASURED.document()
    assert document["caught"] == ["k-moved-v-not", "wrong-end"]
    assert document["survived"] == ["window-tie"]
    assert document["equivalent"] == {"scale-dropped": "no policy quantizes"}
    assert document["false_alarms"] == ["index-dtype"]
    assert document["seconds"] == 34.6
    assert document["notices"]["wrong-end"] == {
        GOLDEN: {"test": "test_recording[snapkv]", "message": "kept differs: long, layer 0"}
    }
    assert document["refactors"] == {"gather-order": "ran", "index-dtype": "did not run"}
