"""compare and history: their files, their exit codes, and what they refuse."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_kvguard.commands.table import run
from tests.compared_runs import item, items, write


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    """Two runs of twenty prompts, of which nine are lost in the second."""
    write(tmp_path / "before.json", *items(["HELD"] * 20))
    write(tmp_path / "after.json", *items(["LOST"] * 9 + ["HELD"] * 11))
    write(tmp_path / "few.json", *items(["LOST"] + ["HELD"] * 19))
    return tmp_path


@pytest.mark.parametrize(
    ("after", "fail_on", "code"),
    [
        ("after", [], 1),
        ("after", ["--fail-on=worse"], 1),
        ("after", ["--fail-on=nothing"], 0),
        ("few", [], 1),
        ("few", ["--fail-on=worse"], 0),
        ("before", [], 0),
    ],
)
def test_the_exit_code_says_what_fail_on_names(reports: Path, after: str, fail_on: list[str], code: int) -> None:
    assert run(["compare", str(reports / "before.json"), str(reports / f"{after}.json"), *fail_on]) == code


def test_every_file_holds_the_comparison_and_is_replaced_by_the_next(
    reports: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = {kind: reports / f"out.{kind}" for kind in ("json", "markdown", "html")}
    command = ["compare", str(reports / "before.json"), str(reports / "after.json")]
    command += [f"--{kind}={path}" for kind, path in out.items()]
    assert [run(command), run(command)] == [1, 1]
    document = json.loads(out["json"].read_text())
    assert (document["version"], document["verdict"], document["new_losses"]) == (1, "worse", 9)
    assert document["changes"][0]["smallest_shown"] == 0.3
    assert len(document["items"]["newly lost"]) == 9
    assert out["markdown"].read_text().startswith("### kvguard compared: worse, 9 newly lost\n")
    page = out["html"].read_text()
    assert page.count("<del>9:30</del>") == 9 and page.count("<ins>nine</ins>") == 9
    assert "worse: 20 items in both runs, 9 newly lost" in capsys.readouterr().out


@pytest.mark.parametrize("kind", ["json", "markdown", "html"])
def test_a_file_of_somebody_else_is_refused_before_a_report_is_read(reports: Path, kind: str) -> None:
    mine = reports / "mine"
    mine.write_text("mine")
    assert run(["compare", str(reports / "absent"), str(reports / "after.json"), f"--{kind}={mine}"]) == 1
    assert mine.read_text() == "mine"


def test_neither_command_replaces_a_report_or_the_page_of_the_other(reports: Path) -> None:
    report, page = reports / "before.json", reports / "page.html"
    before = report.read_bytes()
    assert run(["compare", str(report), str(report), f"--json={report}"]) == 1
    assert run(["history", str(reports), f"--html={page}"]) == 0
    drawn = page.read_bytes()
    assert run(["compare", str(report), str(report), f"--html={page}"]) == 1
    assert (report.read_bytes(), page.read_bytes()) == (before, drawn)


def test_a_damaged_report_is_one_line(reports: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (reports / "after.json").write_text("{")
    assert run(["compare", str(reports / "before.json"), str(reports / "after.json")]) == 1
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1 and "after.json cannot be read as JSON" in said.err


def test_history_draws_all_reports_of_a_folder(
    reports: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(reports)
    assert run(["history", "."]) == 0
    assert capsys.readouterr().out == "3 runs drawn: kvguard-history.html\n"
    assert "<title>kvguard history: 3 runs</title>" in (reports / "kvguard-history.html").read_text()


def test_history_refuses_one_damaged_report_and_draws_nothing(reports: Path) -> None:
    write(reports / "damaged.json", {**item(), "turns": 3})
    assert run(["history", str(reports), f"--html={reports / 'page.html'}"]) == 1
    assert not (reports / "page.html").exists()


def test_comparing_loads_no_model_library(reports: Path) -> None:
    code = (
        "import sys; from pytest_kvguard.commands.table import run; "
        "run(['compare', 'before.json', 'after.json']); assert not {'torch', 'transformers'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=reports, check=True, capture_output=True)
