"""A contract under policies without pytest."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_kvguard.backends.endpoint.address import Address
from pytest_kvguard.backends.endpoint.backend import Endpoints
from pytest_kvguard.backends.endpoint.chat_server import ChatServer
from pytest_kvguard.backends.protocol import TurnRequest
from pytest_kvguard.backends.scripted import Scripted
from pytest_kvguard.errors import UsageError
from pytest_kvguard.study import Study, study_contract
from tests.chat_server import chat_server, says
from tests.plugin.shop import ATTACK, FORGETS_HOURS, OBEYS, OPENING, SHOP


def answer(request: TurnRequest) -> str:
    forgets = request.policy == "snapkv" and request.ratio == "0.75"
    return (FORGETS_HOURS if forgets else OBEYS)[request.turns[-1]]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    path = tmp_path / "shop.kv.yaml"
    path.write_text(SHOP)
    return path


@pytest.fixture
def study(shop: Path) -> Study:
    return study_contract(shop, ["snapkv", "knorm"], ["0.5", 0.75], Scripted(answer))


def test_there_is_a_row_per_check_and_cell_with_both_replies(study: Study) -> None:
    assert len(study.rows) == 3 * 2 * 2
    lost = [row for row in study.rows if row["verdict"] == "LOST"]
    assert [(row["policy"], row["ratio"], row["instruction"]) for row in lost] == [("snapkv", "0.75", "hours")]
    assert (lost[0]["uncompressed"], lost[0]["compressed"]) == (OBEYS[OPENING], FORGETS_HOURS[OPENING])
    assert lost[0]["keep_rate"] == lost[0]["achieved_ratio"] / 3 == 0.25
    assert {row["uncompressed"] for row in study.rows if row["probe"] == "attack"} == {OBEYS[ATTACK]}


def test_there_is_a_row_per_cell_with_the_share_that_holds(study: Study) -> None:
    assert {(cell["policy"], cell["ratio"]): cell["held_share"] for cell in study.cells} == {
        ("snapkv", "0.5"): 1.0,
        ("snapkv", "0.75"): pytest.approx(2 / 3),
        ("knorm", "0.5"): 1.0,
        ("knorm", "0.75"): 1.0,
    }


def test_a_plot_has_a_line_per_policy_over_the_ratios(study: Study) -> None:
    pytest.importorskip("matplotlib")
    axes = study.plot()
    lines = {line.get_label(): [list(map(float, axis)) for axis in line.get_data()] for line in axes.get_lines()}
    assert lines == {"snapkv": [[0.5, 0.75], [1.0, pytest.approx(2 / 3)]], "knorm": [[0.5, 0.75], [1.0, 1.0]]}
    assert study.plot(axes) is axes


def test_a_frame_has_the_rows_and_without_pandas_says_what_to_do(study: Study) -> None:
    try:
        import pandas  # noqa: F401
    except ImportError:
        with pytest.raises(UsageError, match=r"A frame needs pandas.*pip install 'pytest-kvguard\[frame\]'"):
            study.frame()
    else:
        assert study.frame().to_dict("records")[0]["policy"] == "snapkv"


def test_a_notebook_shows_a_table_in_which_nothing_is_markup(study: Study) -> None:
    shown = study._repr_html_()
    assert shown.count("<tr>") == 1 + 4
    assert "<caption>shop, scripted replies (no model)</caption>" in shown


def test_without_a_policy_the_uncompressed_model_is_studied(shop: Path) -> None:
    (cell,) = study_contract(shop, backend=Scripted(answer)).cells
    assert (cell["policy"], cell["HELD"]) == ("none", 3)


def test_a_seed_is_that_of_sampled_replies_and_orders(shop: Path) -> None:
    shop.write_text(f"{SHOP}generate: {{temperature: 0.7, seeds: 2}}\norderings: {{sample: 1}}\n")

    def asked(seed: int | None) -> list[TurnRequest]:
        backend = Scripted(answer)
        study_contract(shop, ["snapkv"], backend=backend, seed=seed)
        return backend.requests

    seeds = {seed: {request.seed for request in asked(seed)} for seed in (None, 0, 7)}
    assert seeds == {None: {0, 1}, 0: {0, 1}, 7: {7, 8}}
    assert all(both == {"none", "snapkv"} for both in ({r.policy for r in asked(7) if r.seed == s} for s in (7, 8)))


def test_what_is_left_out_is_as_in_a_run_without_options(shop: Path) -> None:
    backend = Scripted(answer)
    (cell,) = study_contract(shop, ["snapkv"], backend=backend).cells
    assert (cell["policy"], cell["ratio"], cell["kernel"]) == ("snapkv", "0.5", "sdpa")
    assert {request.scope for request in backend.requests} == {"context"}
    other = Scripted(answer)
    (cell,) = study_contract(shop, ["snapkv"], backend=other, kernel="eager", scope="prompt").cells
    assert cell["kernel"] == "eager"
    assert {(request.scope, request.kernel) for request in other.requests} == {("prompt", "eager")}


@pytest.mark.parametrize(("policies", "ratios"), [(["snapkw"], ["0.5"]), (["snapkv"], ["50"])])
def test_wrong_policies_and_ratios_are_refused(shop: Path, policies: list[str], ratios: list[str]) -> None:
    with pytest.raises(UsageError):
        study_contract(shop, policies, ratios, Scripted(answer))


def test_servers_are_studied_by_their_names(shop: Path) -> None:
    with chat_server(says(OBEYS)) as one, chat_server(says(FORGETS_HOURS, shift=0.5)) as other:
        backend = Endpoints(ChatServer(Address(one.url)), {"q4_0": ChatServer(Address(other.url))})
        study = study_contract(shop, ["q4_0"], backend=backend)
        with pytest.raises(UsageError, match="no server is called 'q4'. There are: q4_0."):
            study_contract(shop, ["q4"], backend=backend)
    assert [row["verdict"] for row in study.rows] == ["LOST", "HELD", "HELD"]
    assert study.rows[0]["distance"] == pytest.approx(0.5)
    assert study.rows[0]["keep_rate"] is None
