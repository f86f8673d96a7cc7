"""negatives: counts and verdicts of score files and reports, and contracts with the negative samples of reports."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pytest_kvguard.commands.table import run
from pytest_kvguard.contract.parse import parse_contract
from tests.report_documents import CHECK, document_of, recorded

SHOP = """\
kvguard: 1
name: shop
context:
  instructions:
    - {id: hours, text: "We open at 9:30.", check: {contains: "9:30"}, probes: [opening]}
    - {id: tone, text: Lowercase., check: {lowercase: true}, probes: [talk]}
    - {id: secret, text: The code is KX-4471., no_leak: {canary: "KX-4471"}}
probes: {opening: "When do you open?", talk: Hello!}
attacks: [all]
"""
FAILS = {**CHECK, "holds": False}


@pytest.fixture
def scores(tmp_path: Path) -> Path:
    """Ten samples that a method loses, and one that another method does."""
    rows = [
        f"{method},qa,{number},{score}"
        for number in range(10)
        for method, score in (("fp16", 1), ("bad", 0), ("fine", 1))
    ]
    path = tmp_path / "scores.csv"
    path.write_text("\n".join(["method,dataset,id,score", *rows[:-1], "fine,qa,9,0.5"]))
    return path


def case(probe: str = "opening", instruction: str = "hours", lost: bool = True, **changes: Any) -> dict[str, Any]:
    check = {"rule": "contains", "baseline": CHECK, "compressed": FAILS if lost else CHECK}
    record = recorded(probe=probe, instruction=instruction, checks=[check], seed=None, arrangement=None)
    return {**record, "order": ["hours", "tone", "secret"], **changes}


def write_report(folder: Path, *cases: dict[str, Any]) -> Path:
    path = folder / "run.json"
    path.write_text(json.dumps(document_of(*cases)))
    return path


def test_score_files_end_in_a_verdict_per_method(scores: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["negatives", str(scores)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "baseline fp16: macro mean 100.00, 10 benign samples"
    verdicts = {line.split()[0]: line for line in lines if line.endswith("regression")}
    assert verdicts["bad"].endswith("  regression")
    assert verdicts["fine"].endswith("  no regression")
    assert [line.split()[-3] for line in lines if line.startswith("bad+fine ")] == ["1"]


def test_a_build_can_fail_on_a_verdict(scores: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["negatives", str(scores), "--fail-on=regression"]) == 1
    assert run(["negatives", str(scores), "--baseline=fine", "--together=fp16+bad", "--fail-on=borderline"]) == 1
    scores.write_text(scores.read_text().replace("bad", "fine2").replace(",0\n", ",1\n"))
    assert run(["negatives", str(scores), "--fail-on=borderline"]) == 0


def test_the_json_names_the_samples(scores: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["negatives", str(scores), "--json", str(tmp_path / "out" / "n.json"), "--by-task"])
    counts = json.loads((tmp_path / "out" / "n.json").read_text())
    assert counts["samples"]["fine"] == [["qa", "9"]]
    assert counts["by_task"]["bad"] == {"qa": {"benign": 10, "negatives": 10, "mirrored": 0}}
    assert "qa                              10         10         0" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--together=fine+bat"], "--together=fine+bat: no method 'bat'. Allowed: bad, fine. Did you mean 'bad'?"),
        (["--baseline=fp8"], "--baseline=fp8: no such method."),
        (["--write=mined"], "score files hold no prompts"),
    ],
)
def test_what_cannot_be_done_is_said(
    scores: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert run(["negatives", str(scores), *arguments]) == 1
    assert message in capsys.readouterr().err


def test_reports_and_score_files_do_not_mix(scores: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["negatives", str(scores), str(write_report(tmp_path, case()))]) == 1
    assert "Name files of one kind" in capsys.readouterr().err


def test_every_policy_and_ratio_of_a_report_is_a_method(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = write_report(tmp_path, case(), case(lost=False, ratio="0.25"), case(policy="none"), case(seed=3))
    assert run(["negatives", str(report)]) == 0
    screen = capsys.readouterr().out
    assert "baseline none: macro mean 100.00" in screen
    assert [line.split()[0] for line in screen.splitlines() if line.endswith("regression")] == [
        "snapkv-0.25",
        "snapkv-0.5",
    ]
    assert "note: 1 cases left out: not compressed" in screen
    assert "note: 1 cases left out: sampled with seeds" in screen


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "cannot be read as JSON"),
        ("{}", "is no report of a run"),
        ('{"cases": [], "version": 9}', "has report format 9, this version reads 1 and 2"),
        ('{"cases": [], "version": 2}', "hold no compressed case that gives a score: there are no cases"),
    ],
)
def test_what_is_no_report_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, message: str
) -> None:
    (tmp_path / "run.json").write_text(text)
    assert run(["negatives", str(tmp_path / "run.json")]) == 1
    assert message in capsys.readouterr().err


def test_what_collapsed_becomes_contracts_that_can_be_collected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("shop.kv.yaml").write_text(SHOP)
    shuffled: dict[str, Any] = {"order": ["secret", "hours", "tone"], "order_index": 1}
    attack = case("attack-repeat-above", "secret")
    report = write_report(
        tmp_path, case(), case(lost=False, ratio="0.1"), case(**shuffled), attack, case("talk", "tone", False)
    )
    attack_name = next(probe.id for probe in parse_contract("shop.kv.yaml").probes if probe.is_attack)
    report.write_text(report.read_text().replace("attack-repeat-above", attack_name))
    assert run(["negatives", str(report), "--write=mined"]) == 0
    assert capsys.readouterr().out.endswith("3 contracts written to mined\n")
    written, second, leaks = (
        parse_contract(Path("mined") / f"{name}.kv.yaml") for name in ("shop-losses", "shop-losses-2", "shop-leaks")
    )
    assert written.written_order == ("hours", "tone", "secret")
    assert [probe.id for probe in written.probes] == ["opening"]
    assert [instruction.id for instruction in written.checked("opening")] == ["hours", "secret"]
    assert second.written_order == ("secret", "hours", "tone")
    assert [instruction.id for instruction in leaks.checked(attack_name)] == ["secret"]
