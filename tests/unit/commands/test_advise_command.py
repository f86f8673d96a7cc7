"""advise: tables, JSON, a plot and the command that gates the safe ratio, on a scripted model."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from pytest_kvguard.backends.protocol import TurnRequest
from pytest_kvguard.backends.scripted import Scripted
from pytest_kvguard.commands import advise
from pytest_kvguard.commands.table import run
from pytest_kvguard.reports.printable import printable

SHOP = """\
kvguard: 1
name: shop
context:
  instructions:
    - {id: hours, text: "We open at 9:30.", check: {contains: "9:30"}}
    - {id: secret, text: The code is KX-4471., no_leak: {canary: "KX-4471"}}
probes: {opening: "When do you open?"}
"""
LIMIT = Fraction(2, 5)


def forgets(request: TurnRequest) -> str:
    kept = request.policy.startswith("keep")
    return "we open at 9:30" if kept or Fraction(request.ratio) <= LIMIT else "who knows"


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    says(monkeypatch, forgets)
    path = tmp_path / "shop.kv.yaml"
    path.write_text(SHOP)
    return path


def says(monkeypatch: pytest.MonkeyPatch, answer: Callable[[TurnRequest], str]) -> None:
    monkeypatch.setattr(advise, "load_backend", lambda settings: Scripted(answer))


def test_the_tables_say_how_far_what_goes_first_and_what_would_help(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["advise", str(shop), "--policies", "snapkv", "--max-lost", "0"]) == 0
    screen = capsys.readouterr().out
    rows = {line.split()[0]: line.split() for line in screen.partition("lost first")[0].splitlines() if line}
    assert rows["snapkv"][1:3] == ["0.4", "0.45"]
    assert rows["fair(snapkv)"][1:3] == ["0.4", "0.45"]
    assert rows["keep(snapkv)"][1:3] == ["0.95", "n/a"]
    assert "snapkv: at 0.45, shop::hours (" in screen
    assert "with `protect: true` on shop::hours" in screen
    assert printable(f"pytest {shop} --kv-policy=snapkv --ratio=0.4 --kv-max-lost=0") in screen


def test_json_alone_takes_the_place_of_the_tables(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["advise", str(shop), "--policies", "snapkv", "--no-remedies", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    [policy] = document["policies"]
    assert (policy["largest_safe"], policy["smallest_unsafe"], policy["remedy_of"]) == ("0.4", "0.45", None)
    assert policy["binding"][0]["instruction"] == "hours"
    assert {point["ratio"]: point["safe"] for point in policy["points"]}["0.45"] is False
    assert shlex.split(policy["gate"])[2:] == ["--kv-policy=snapkv", "--ratio=0.4"]


def test_files_are_written_where_they_are_named(shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, plot = tmp_path / "new" / "advice.json", tmp_path / "frontier.svg"
    assert run(["advise", str(shop), "--policies", "snapkv,knorm", "--json", str(out), "--plot", str(plot)]) == 0
    assert "safe to" in capsys.readouterr().out
    assert len(json.loads(out.read_text())["policies"]) == 6
    assert plot.read_text().lstrip().startswith("<?xml")


def test_the_gate_repeats_what_was_typed(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = [
        "--model",
        "smollm2",
        "--seed",
        "3",
        "--scope",
        "prompt",
        "--max-length-ratio",
        "2",
        "--no-remedies",
        "--json",
    ]
    run(["advise", str(shop), "--policies", "snapkv", *words])
    gate = shlex.split(json.loads(capsys.readouterr().out)["policies"][0]["gate"])
    assert set(gate[4:]) == {"--kv-model=smollm2", "--kv-seed=3", "--kv-scope=prompt", "--kv-max-length-ratio=2"}


def test_more_orders_can_be_asked_for(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["advise", str(shop), "--policies", "snapkv", "--orders", "1", "--no-remedies", "--json"])
    points = json.loads(capsys.readouterr().out)["policies"][0]["points"]
    assert {point["prompts"] for point in points} == {2}


def test_nothing_safe_is_a_failure(
    shop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    says(monkeypatch, lambda request: "9:30" if request.policy == "none" else "who knows")
    assert run(["advise", str(shop), "--policies", "snapkv", "--no-remedies"]) == 1
    assert "nothing is safe" in capsys.readouterr().out


def test_a_model_that_obeys_nothing_is_no_advice(
    tmp_path: Path, shop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.write_text(SHOP.replace('    - {id: secret, text: The code is KX-4471., no_leak: {canary: "KX-4471"}}\n', ""))
    says(monkeypatch, lambda request: "who knows")
    assert run(["advise", str(shop), "--policies", "snapkv", "--no-remedies"]) == 1
    assert "nothing could be lost" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--policies", "snapvk"], "Did you mean 'snapkv'?"),
        (["--policies", "none"], "--policies names none"),
        (["--policies", "snapkv", "--ratios", "0,0.5"], "name ratios above 0"),
        (["--policies", "snapkv", "--ratios", "50"], "Did you mean 0.5?"),
        (["--policies", "snapkv", "--plot", "frontier.txt"], "must end in one of .png"),
    ],
)
def test_wrong_words_are_refused_before_anything_runs(
    shop: Path, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["advise", str(shop), *words]) == 1
    assert said in capsys.readouterr().err
