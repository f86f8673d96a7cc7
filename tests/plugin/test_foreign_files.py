"""No option deletes or overwrites a file of somebody else; what an earlier run wrote is replaced."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from pytest_kvguard.golden.key import folder_name
from tests.foreign_files import content_of, foreign_folders, write_files
from tests.plugin.conftest import Guard
from tests.plugin.shop import FORGETS_HOURS, OBEYS

REGISTERS = """

from pytest_kvguard.reports import register

@register("csv")
def render_csv(run):
    return "".join(f"{case['instruction']},{case['verdict']}\\n" for case in run["cases"])

@register("lines")
def render_lines(run):
    return "".join(f"{case['instruction']}\\n" for case in run["cases"])
"""
KINDS = ("json", "html", "csv")
UPDATE = ("--kv-golden=update", "--kv-golden-prune", "--kv-golden-force")


def register_kinds(guard: Guard) -> None:
    conftest = guard.pytester.path / "conftest.py"
    conftest.write_text(conftest.read_text() + REGISTERS)


# A run of pytest takes too long for Hypothesis to shrink an example.
@settings(max_examples=8, phases=(Phase.generate,), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=foreign_folders())
def test_files_of_others_survive_every_option_byte_for_byte(files: dict[str, bytes], guard: Guard) -> None:
    guard.replies()
    register_kinds(guard)
    # The goldens of this model are looked for in the folder, too.
    folder = guard.pytester.path / "golden" / folder_name("scripted replies (no model)")
    shutil.rmtree(guard.pytester.path / "golden", ignore_errors=True)
    write_files(folder, files)
    guard.run("shop.kv.yaml", "--kv-policy=knorm", *UPDATE)
    assert content_of(folder, files) == files
    assert guard.run("shop.kv.yaml", f"--kv-store-dir={folder}").ret == pytest.ExitCode.USAGE_ERROR
    for name in files:
        for kind in KINDS:
            refused = guard.run("shop.kv.yaml", f"--kv-report={kind}:{folder / name}")
            assert refused.ret == pytest.ExitCode.USAGE_ERROR, (kind, name)
        refused = guard.run("shop.kv.yaml", "--kv-faults", "-o", f"kv_faults_json={folder / name}")
        assert refused.ret == pytest.ExitCode.USAGE_ERROR, name
    assert content_of(folder, files) == files


@pytest.mark.parametrize("kind", KINDS)
def test_a_report_replaces_that_of_the_last_run_with_other_content(guard: Guard, kind: str) -> None:
    register_kinds(guard)
    path = guard.pytester.path / f"report.{kind}"
    args = ("shop.kv.yaml", "--kv-policy=snapkv", f"--kv-report={kind}:{path}", "-p", "no:cacheprovider")
    assert guard.run(*args).ret == 0
    first = path.read_text()
    for replies in (FORGETS_HOURS, OBEYS, FORGETS_HOURS):
        guard.replies(OBEYS, snapkv=replies)
        register_kinds(guard)
        guard.run(*args)
        if replies is FORGETS_HOURS:
            assert path.read_text() != first
        elif kind == "csv":
            assert path.read_text() == first  # other kinds hold times


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("there", ["mine", "", "of another kind"])
def test_a_report_is_refused_over_a_file_that_holds_anything_else(guard: Guard, kind: str, there: str) -> None:
    register_kinds(guard)
    path = guard.pytester.path / "report"
    path.write_text(there)
    if there == "of another kind":
        path.unlink()
        other = "html" if kind == "json" else "json" if kind == "html" else "lines"
        guard.run("shop.kv.yaml", f"--kv-report={other}:{path}")
        there = path.read_text()
    result = guard.run("shop.kv.yaml", f"--kv-report={kind}:{path}")
    if there:
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        result.stderr.fnmatch_lines(
            [
                f"ERROR: --kv-report={kind}:{path} cannot be written: the file exists, and it is not what an earlier "
                "run of the same kind wrote. Choose another path, or move the file away."
            ]
        )
        assert path.read_text() == there
    else:
        assert result.ret == 0, "an empty file, e.g. of mktemp, holds nothing to lose"


def test_a_report_of_a_kind_of_ones_own_that_was_edited_is_not_replaced(guard: Guard) -> None:
    register_kinds(guard)
    path = guard.pytester.path / "report.csv"
    guard.run("shop.kv.yaml", "--kv-policy=knorm", f"--kv-report=csv:{path}")
    path.write_text(path.read_text() + "a row of mine\n")
    edited = path.read_text()
    assert guard.run("shop.kv.yaml", f"--kv-report=csv:{path}").ret == pytest.ExitCode.USAGE_ERROR
    assert path.read_text() == edited


APPEARS = """

def test_another_program_writes_a_file():
    from pathlib import Path
    Path("report.json").write_text("mine")
"""


def test_a_file_that_somebody_writes_during_the_run_stays(guard: Guard) -> None:
    guard.pytester.makepyfile(test_other=APPEARS)
    result = guard.run("--kv-report=json:report.json")
    assert result.ret == pytest.ExitCode.INTERNAL_ERROR
    result.stdout.fnmatch_lines(["kvguard: the json report could not be written to *: the file exists, and *"])
    assert (guard.pytester.path / "report.json").read_text() == "mine"


def test_a_summary_is_appended_to_that_of_the_runner(guard: Guard, monkeypatch: pytest.MonkeyPatch) -> None:
    path = guard.pytester.path / "summary.md"
    path.write_text("of another step\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(path))
    for report in ("github", "github:summary.md"):
        assert guard.run(f"--kv-report={report}").ret == 0
    assert path.read_text().startswith("of another step\n### kvguard: ")
    assert path.read_text().count("### kvguard: ") == 2


def test_a_summary_is_appended_to_an_earlier_one_and_to_no_other_file(guard: Guard) -> None:
    path = guard.pytester.path / "README.md"
    for _ in range(2):
        assert guard.run("--kv-report=github:README.md").ret == 0
    assert path.read_text().count("### kvguard: ") == 2
    path.write_text("# mine\n\n### kvguard: is what I use\n")
    assert guard.run("--kv-report=github:README.md").ret == pytest.ExitCode.USAGE_ERROR
    assert path.read_text() == "# mine\n\n### kvguard: is what I use\n"


MENTIONS = {
    "page.html": '<!doctype html>\n<html><!-- <meta name="generator" content="pytest-kvguard"> --></html>\n',
    "tool.json": '{"tool": {"name": "pytest-kvguard"}, "mine": [1]}',
    "notes.json": '{"tool": {"name": "pytest-kvguard", "version": "0.1.0"}, "run": "mine"}',
}
"""Files of somebody else that mention what marks ours."""


@pytest.mark.parametrize("name", MENTIONS)
def test_a_file_that_only_mentions_our_mark_is_left_as_it_is(guard: Guard, name: str) -> None:
    path = guard.pytester.path / name
    path.write_text(MENTIONS[name])
    result = guard.run(f"--kv-report={path.suffix[1:]}:{path}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert path.read_text() == MENTIONS[name]


def test_a_summary_that_is_a_pipe_is_refused_before_the_run(guard: Guard, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = guard.pytester.path / "pipe"
    os.mkfifo(pipe)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(pipe))
    result = guard.run("--kv-report=github")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: --kv-report=github (GITHUB_STEP_SUMMARY={pipe}) cannot be written: *"])


def test_a_model_in_the_folder_of_goldens_is_left_as_it_is(guard: Guard) -> None:
    folder = guard.pytester.path / "golden" / folder_name("scripted replies (no model)")
    write_files(folder, {"model.safetensors": b"weights", "config.json": b"{}"})
    for _ in range(2):
        guard.run("--kv-policy=snapkv", "--kv-golden=update").assert_outcomes(passed=5)
    assert (folder / "model.safetensors").read_bytes() == b"weights"
    assert len(json.loads((folder / "manifest.json").read_text())["cells"]) == 2
    assert len(list(folder.glob("shop-*.safetensors"))) == 2


@pytest.mark.parametrize("name", ["main.py", ".gitignore", "results/v1/main.py"])
def test_a_store_beside_other_files_is_refused_before_the_run(guard: Guard, name: str, tmp_path: Path) -> None:
    write_files(tmp_path, {name: b"mine"})
    result = guard.run(f"--kv-store-dir={tmp_path}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [f"ERROR: --kv-store-dir: {tmp_path} is not a folder of results alone: it also holds *Name a new or empty *"]
    )
    assert guard.run(f"--kv-store-dir={tmp_path}", "--kv-no-store").ret == 0
