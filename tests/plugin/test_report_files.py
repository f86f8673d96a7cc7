"""``--kv-report``: the reports a run writes, when it writes them, and paths that cannot be written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from pytest_kvguard.reports.run_record import report_schema
from tests.plugin.conftest import Guard
from tests.plugin.shop import FORGETS_HOURS, LEAKS, OBEYS, OPENING, SHOP

USAGE_ERROR = int(pytest.ExitCode.USAGE_ERROR)


def report(guard: Guard, name: str = "report.json") -> dict[str, Any]:
    document: dict[str, Any] = json.loads((guard.pytester.path / name).read_text())
    Draft202012Validator(report_schema()).validate(document)
    return document


def without_times(guard: Guard, name: str) -> str:
    lines = (guard.pytester.path / name).read_text().splitlines()
    start = lines.index(' "timing": {')
    return "\n".join(lines[:start] + lines[lines.index(" },", start) :])


def test_a_json_report_has_every_case_with_its_evidence(guard: Guard) -> None:
    guard.replies(OBEYS, snapkv=FORGETS_HOURS, knorm={**OBEYS, OPENING: "raise stalled"})
    guard.run("--kv-policy=snapkv,knorm", "--kv-report=json:report.json")
    document = report(guard)
    assert document["complete"] is True
    assert document["totals"] == {"ERROR": 2, "HELD": 3, "LOST": 1}
    assert document["run"]["title"] == "scripted replies (no model)"
    assert [cell["policy"] for cell in document["run"]["cells"]] == ["snapkv", "knorm"]
    outcomes = {(case["instruction"], case["policy"]): case["outcome"] for case in document["cases"]}
    assert outcomes["hours", "snapkv"] == "failed"
    assert outcomes["hours", "knorm"] == "error"
    lost = next(case for case in document["cases"] if case["verdict"] == "LOST")
    assert lost["compressed"][0]["text"] == FORGETS_HOURS[OPENING]
    assert (lost["file"], lost["line"]) == ("shop.kv.yaml", 6)
    assert lost["rerun"].startswith("pytest 'shop.kv.yaml::opening::hours[snapkv-0.5]'")


def test_two_runs_and_a_spread_run_give_the_same_bytes(guard: Guard) -> None:
    pytest.importorskip("xdist")
    guard.contract(SHOP + "gate: {max_lost: 1}\n")
    guard.contract("kvguard: 2", "broken.kv.yaml")
    guard.replies(OBEYS, snapkv=LEAKS, knorm={**OBEYS, OPENING: "raise stalled"})
    for name, extra in (("a", ()), ("b", ()), ("spread", ("-n2",))):
        guard.run("--kv-policy=snapkv,knorm", f"--kv-report=json:{name}.json", *extra)
    assert len(report(guard, "a.json")["cases"]) == 6
    assert len(report(guard, "a.json")["gates"]) == 2
    assert len(report(guard, "a.json")["broken"]) == 1
    assert without_times(guard, "a.json") == without_times(guard, "b.json") == without_times(guard, "spread.json")


def test_several_reports_can_be_requested_and_are_named_on_the_screen(guard: Guard) -> None:
    result = guard.run("--kv-policy=snapkv", "--kv-report=json:out/a.json", "--kv-report=html:out/b.html")
    assert (guard.pytester.path / "out" / "a.json").is_file()
    assert "<title>kvguard: scripted replies" in (guard.pytester.path / "out" / "b.html").read_text()
    result.stdout.fnmatch_lines(["kvguard: JSON report written to *a.json", "kvguard: HTML report written to *b.html"])


def test_typed_reports_replace_those_of_the_ini_file(guard: Guard) -> None:
    guard.pytester.makeini("[pytest]\nkv_report =\n    json:ini.json\n    html:ini.html\n")
    guard.run()
    guard.run("--kv-report=json:typed.json")
    written = {path.name for path in guard.pytester.path.iterdir() if path.suffix in {".json", ".html"}}
    assert written == {"ini.json", "ini.html", "typed.json"}


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--kv-report=jsn:x"], "*Unknown --kv-report=jsn:x. Did you mean 'json'? Allowed: json:PATH, html:PATH, *"),
        (["--kv-report=json"], "*--kv-report=json names no file. Write --kv-report=json:PATH.*"),
        (["--kv-report=html:"], "*names no file*"),
        (["--kv-report=json:x", "--kv-report=html:x"], "*two reports would be written to *x. Give each*"),
        (["--kv-report=json:shop.kv.yaml/x"], "*--kv-report=json:*x cannot be written: *Choose another path*"),
        (["--kv-report=json:."], "*cannot be written: it is a folder*"),
        (["--kv-report=github:shop.kv.yaml/x"], "*cannot be written*"),
    ],
)
def test_a_report_that_cannot_be_written_is_refused_before_anything_runs(
    guard: Guard, args: list[str], message: str
) -> None:
    result = guard.run(*args)
    assert result.ret == USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {message}"])
    assert "collected" not in result.stdout.str()


def test_checking_that_a_path_is_writable_leaves_the_old_report_unchanged(guard: Guard) -> None:
    old = guard.pytester.path / "report.json"
    old.write_text("old")
    assert guard.run("--kv-report=json:report.json", "--collect-only").ret == 0
    assert old.read_text() == "old"


def test_a_full_disk_loses_neither_the_screen_nor_the_other_reports(guard: Guard) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("needs a device that is always full")
    args = ("--kv-policy=snapkv", "--kv-report=json:/dev/full", "--kv-report=json:report.json")
    result = guard.run(*args)
    assert result.ret == pytest.ExitCode.INTERNAL_ERROR
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(
        ["3 HELD*", "kvguard: the json report could not be written to /dev/full: No space left on device. *"]
    )
    assert len(report(guard)["cases"]) == 3


def test_a_failed_run_keeps_its_exit_code_if_a_report_cannot_be_written(guard: Guard) -> None:
    guard.replies(OBEYS, snapkv=FORGETS_HOURS)
    assert guard.run("--kv-policy=snapkv", "--kv-report=json:/dev/full").ret == pytest.ExitCode.TESTS_FAILED


def test_a_report_is_written_completely_or_not_at_all(guard: Guard, monkeypatch: pytest.MonkeyPatch) -> None:
    guard.run("--kv-policy=knorm", "--kv-report=json:report.json")
    old = guard.pytester.path / "report.json"
    earlier = old.read_text()

    def stop(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", stop)
    result = guard.run("--kv-report=json:report.json")
    result.stdout.fnmatch_lines(["kvguard: the json report could not be written to *No space left on device. *"])
    assert old.read_text() == earlier
    assert not list(guard.pytester.path.glob(".*.part"))


def test_an_error_in_one_report_does_not_stop_the_others(guard: Guard, monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(document: object) -> str:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr("pytest_kvguard.reports.html.page.render_html", stumble)
    result = guard.run("--kv-report=html:x.html", "--kv-report=json:report.json")
    result.stdout.fnmatch_lines(["kvguard: the html report could not be written to *ZeroDivisionError: oh*"])
    assert report(guard)["complete"] is True


TELLS_TOKENS = """
from dataclasses import replace

from pytest_kvguard.backends.scripted import Scripted
from pytest_kvguard.values.results import PromptTokens


class Telling(Scripted):
    def run_turns(self, requests, progress=None):
        pieces = ("You", " are.", " KX", "-44", "71")
        told = {"prompt": PromptTokens(pieces, (None, None, "secret", "secret", "secret")), "kept": (((0, 2), (0,)),)}
        outcomes = super().run_turns(requests, progress)
        return [replace(outcome, **told) if outcome.cache else outcome for outcome in outcomes]


def pytest_kvguard_backend(config):
    return Telling(lambda request: "we open at 9:30")
"""


@pytest.mark.parametrize("extra", [(), ("-n2",)])
def test_the_kept_tokens_of_a_prompt_are_recorded_once_per_cell(guard: Guard, extra: tuple[str, ...]) -> None:
    pytest.importorskip("xdist")
    guard.contract(SHOP + "orderings: {sample: 2}\n")
    guard.pytester.makeconftest(TELLS_TOKENS)
    guard.run("--kv-policy=snapkv,knorm", "--kv-report=json:report.json", *extra)
    contexts = report(guard)["contexts"]
    assert [context["policy"] for context in contexts] == ["knorm", "snapkv"]
    assert contexts[0]["probes"] == ["attack", "opening"]
    assert contexts[0]["kept"] == [1.0, 0.0, 0.5, 0.0, 0.0]
    assert contexts[0]["instructions"] == [None, None, "secret", "secret", "secret"]
    assert contexts[0]["pieces"][2].startswith(" [secret:")
    assert contexts[0]["pieces"][3:] == ["…", "…"]


INTERRUPTS = """
import pytest

@pytest.hookimpl(trylast=True)
def pytest_runtest_call(item):
    if "tone" in item.name:
        raise KeyboardInterrupt
"""


def test_an_interrupted_run_writes_an_incomplete_report_of_the_finished_tests(guard: Guard) -> None:
    guard.pytester.makepyfile(stopper=INTERRUPTS)
    guard.pytester.syspathinsert()
    args = ("-p", "stopper", "--kv-policy=snapkv", "--kv-report=json:report.json")
    assert guard.pytester.runpytest_inprocess(*args, no_reraise_ctrlc=True).ret == pytest.ExitCode.INTERRUPTED
    document = report(guard)
    assert document["complete"] is False
    assert (document["finished"], document["collected"]) == (1, 3)
    assert [case["instruction"] for case in document["cases"]] == ["hours"]


def test_a_run_that_stops_at_the_first_failure_is_incomplete(guard: Guard) -> None:
    guard.replies(OBEYS, snapkv=FORGETS_HOURS)
    guard.run("--kv-policy=snapkv", "-x", "--kv-report=json:report.json")
    assert report(guard)["complete"] is False


def test_ordinary_tests_count_as_tests_and_have_no_case(guard: Guard) -> None:
    guard.pytester.makepyfile("def test_addition(): assert 1 + 1 == 2")
    guard.run("--kv-report=json:report.json")
    document = report(guard)
    assert (document["complete"], document["collected"], len(document["cases"])) == (True, 4, 3)


def test_without_the_option_no_case_or_context_is_recorded(guard: Guard) -> None:
    guard.pytester.makeconftest(
        (guard.pytester.path / "conftest.py").read_text() + "\ndef pytest_runtest_logreport(report):\n"
        "    assert not {'case', 'context'} & {event['kind'] for event in getattr(report, 'kvguard_events', ())}\n"
    )
    assert guard.run("--kv-policy=snapkv").ret == 0


def test_github_gets_a_summary_and_annotations_on_the_lines_of_the_contract(
    guard: Guard, monkeypatch: pytest.MonkeyPatch
) -> None:
    guard.replies(OBEYS, snapkv=FORGETS_HOURS)
    summary = guard.pytester.path / "summary.md"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    monkeypatch.setenv("GITHUB_WORKSPACE", str(guard.pytester.path.parent))
    result = guard.run("--kv-policy=snapkv", "--kv-report=github")
    folder = guard.pytester.path.name
    result.stdout.fnmatch_lines([f"::error file={folder}/shop.kv.yaml,line=6,title=shop · hours%3A 1 LOST of 1::*"])
    assert summary.read_text().startswith("before\n### kvguard: scripted replies")


def test_outside_of_github_a_line_says_why_no_report_is_written(guard: Guard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    result = guard.run("--kv-report=github")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["kvguard: no GitHub report: GITHUB_STEP_SUMMARY is not set*"])


def test_a_github_summary_can_go_to_a_file(guard: Guard) -> None:
    guard.run("--kv-report=github:summary.md")
    assert "| shop | hours | 1 HELD |" in (guard.pytester.path / "summary.md").read_text()


def test_gates_and_searches_are_in_the_report(guard: Guard) -> None:
    guard.contract(SHOP + "orderings: {sample: 2, search: 3, budget_tokens: 2000, shrink_tokens: 0}\n")
    guard.replies(OBEYS, snapkv=FORGETS_HOURS)
    guard.run("--kv-policy=snapkv", "--kv-report=json:report.json")
    written = report(guard)
    assert {case["order_index"] for case in written["cases"]} == {-1, 0, 1, 2}
    (gate,) = written["gates"]
    assert gate["orders_planned"] == 3 and "hours" in {drop["instruction"] for drop in gate["drops"]}


FORGETS_WHAT_IS_REWORDED = """
from pytest_kvguard.backends.scripted import Scripted


def answer(request):
    lost = request.policy != "none" and "half past nine" in request.contract.system_text(request.order)
    return "at nine" if lost else "we open at 9:30"


def pytest_kvguard_backend(config):
    return Scripted(answer)
"""


def test_a_failing_arrangement_of_a_search_is_recorded_with_its_order_and_phrasings(guard: Guard) -> None:
    text = "The shop opens at 9:30."
    reworded = f"{text}\n      paraphrases: [The doors open at half past nine with KX-4471.]"
    search = "orderings: {sample: 0, search: 20, budget_tokens: 9000, shrink_tokens: 9000}\n"
    guard.contract(SHOP.replace(text, reworded) + search)
    guard.pytester.makeconftest(FORGETS_WHAT_IS_REWORDED)
    guard.run("--kv-policy=snapkv", "--kv-report=json:report.json", "--kv-report=html:report.html", "-k", "hours")
    searched, written = sorted(report(guard)["cases"], key=lambda case: int(case["order_index"]))
    assert (written["instruction_text"], written["arrangement"]) == (text, None)
    assert searched["instruction_text"].startswith("The doors open at half past nine with [secret:")
    assert searched["arrangement"]["phrasings"] == [["hours", 1]]
    assert searched["arrangement"]["order"] == searched["order"]
    assert "from a search" in (guard.pytester.path / "report.html").read_text()


def test_the_report_records_the_options_of_the_run(guard: Guard) -> None:
    (guard.pytester.path / "rows.jsonl").write_text("", encoding="utf-8")
    typed = ("--kv-null=off", "--kv-no-shrink", "--kv-max-lost=2", "--kv-judge-model=fair")
    ifeval = ("--kv-ifeval=rows.jsonl", "--kv-ifeval-limit=3", "--kv-ifeval-mode=loose", "-o", "kv_ifeval_tokens=32")
    guard.run(*typed, *ifeval, "--kv-report=json:report.json")
    run = report(guard)["run"]
    assert (run["null"], run["no_shrink"], run["judge_model"]) == ("off", True, "fair")
    assert run["gate"]["typed"]["max_lost"] == 2 and run["gate"]["ini"]["max_lost"] is None
    how = {"selection": "", "limit": 3, "mode": "loose", "max_new_tokens": 32}
    assert run["ifeval"] == {"file": "rows.jsonl", **how}
    guard.run("--kv-report=json:report.json")
    assert report(guard)["run"]["ifeval"] is None
