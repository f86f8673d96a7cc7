"""The files that connect the guard to GitHub and pre-commit are valid."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.docs.pages import ROOT, code_blocks, table_rows

WORKFLOW = ROOT / "pytest_kvguard" / "commands" / "project" / "kvguard.yml"
ACTION = ROOT / "action.yml"
PAGE = ROOT / "docs" / "how-to" / "run-in-ci.md"
PINNED = re.compile(r"uses: (\S+)@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)")

Step = Mapping[str, Any]


def steps_of(path: Path) -> list[Step]:
    """Return the steps of the workflow or of the action."""
    read = yaml.safe_load(path.read_text(encoding="utf-8"))
    steps: list[Step] = (read["runs"] if "runs" in read else read["jobs"]["kvguard"])["steps"]
    return steps


def step(path: Path, action: str, what: str = "") -> Step:
    """Return what the only step that uses an action of GitHub for something gives it."""
    uses = (step for step in steps_of(path) if step.get("uses", "").startswith(f"{action}@"))
    (given,) = (step["with"] for step in uses if what in step.get("name", ""))
    return dict(given)


def complaints(schema: str, path: Path) -> str:
    linter = shutil.which("check-jsonschema")
    if linter is None:
        pytest.skip("needs check-jsonschema")
    ran = subprocess.run([linter, "--builtin-schema", schema, str(path)], capture_output=True, text=True, check=False)
    return "" if ran.returncode == 0 else ran.stdout + ran.stderr


def test_the_workflow_that_init_writes_is_valid() -> None:
    assert complaints("vendor.github-workflows", WORKFLOW) == ""


def test_the_linter_rejects_an_invalid_workflow(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yml"
    broken.write_text(WORKFLOW.read_text().replace("runs-on:", "run-on:"))
    assert "run-on" in complaints("vendor.github-workflows", broken)


def test_the_action_is_valid() -> None:
    assert complaints("vendor.github-actions", ACTION) == ""


def test_pre_commit_hooks_run_an_existing_command() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert {hook["language"] for hook in hooks} == {"python", "system"}
    assert all({"id", "name", "entry", "files"} <= set(hook) for hook in hooks)
    assert {hook["entry"] for hook in hooks} == {"python -m pytest_kvguard validate"}


@pytest.mark.parametrize("path", [WORKFLOW, ACTION], ids=lambda path: path.name)
def test_actions_of_others_are_pinned_to_commits_with_their_tag_beside_them(path: Path) -> None:
    lines = [line for line in path.read_text().splitlines() if "uses:" in line]
    assert lines and all(PINNED.search(line) for line in lines)


def test_both_files_pin_the_same_commits() -> None:
    pins = {match.groups() for path in (WORKFLOW, ACTION) for match in PINNED.finditer(path.read_text())}
    assert len({name for name, *_ in pins}) == len(pins)


@pytest.mark.parametrize("path", [WORKFLOW, ACTION], ids=lambda path: path.name)
def test_every_run_saves_its_replies_and_the_next_one_restores_the_newest(path: Path) -> None:
    restored, saved = (step(path, f"actions/cache/{way}", "stored replies") for way in ("restore", "save"))
    assert restored["key"] == saved["key"] and restored["path"] == saved["path"] == ".kvguard/results"
    assert saved["key"] == restored["restore-keys"] + "${{ github.run_id }}-${{ github.run_attempt }}"


@pytest.mark.parametrize("path", [WORKFLOW, ACTION], ids=lambda path: path.name)
def test_jobs_of_a_matrix_share_no_name(path: Path) -> None:
    caches = [step(path, "actions/cache/save", what)["key"] for what in ("stored replies", "report")]
    names = [step(path, "actions/upload-artifact")["name"], *caches]
    assert all("${{ github.job }}-${{ strategy.job-index }}" in name for name in names)


@pytest.mark.parametrize("path", [WORKFLOW, ACTION], ids=lambda path: path.name)
def test_replies_and_the_page_are_kept_of_a_failed_run(path: Path) -> None:
    kept = [step for step in steps_of(path) if re.match("actions/(cache/save|upload-artifact)@", step.get("uses", ""))]
    assert all(step["if"].startswith("always()") for step in kept) and len(kept) == 3


@pytest.mark.parametrize("path", [WORKFLOW, ACTION], ids=lambda path: path.name)
def test_a_pull_request_finds_the_newest_report_of_its_base_branch_and_of_no_other(path: Path) -> None:
    restored, saved = (step(path, f"actions/cache/{way}", "report") for way in ("restore", "save"))
    assert restored["path"] == saved["path"]
    start, _, rest = restored["restore-keys"].partition("${{ github.base_ref }}")
    # No branch is called main/x beside one called main, so that no other branch has this beginning.
    assert rest == "/"
    assert saved["key"] == f"{start}${{{{ github.ref_name }}}}/${{{{ github.run_id }}}}-${{{{ github.run_attempt }}}}"


@pytest.mark.parametrize("path", [WORKFLOW, ACTION], ids=lambda path: path.name)
def test_pull_requests_compare_and_branches_keep_their_report(path: Path) -> None:
    conditions = {step["name"]: step["if"] for step in steps_of(path) if "pull_request" in step.get("if", "")}
    assert {name for name, when in conditions.items() if "== 'pull_request'" in when} == {
        "Restore the base branch's report",
        "Compare with the base branch",
        "Comment the comparison",
    }
    assert {name for name, when in conditions.items() if "!= 'pull_request'" in when} == {
        "Keep the branch's report",
        "Save the branch's report",
    }


def test_the_workflow_may_comment_and_nothing_else() -> None:
    permissions = yaml.safe_load(WORKFLOW.read_text())["permissions"]
    assert permissions == {"contents": "read", "pull-requests": "write"}


@pytest.mark.parametrize("path", [WORKFLOW, ACTION], ids=lambda path: path.name)
def test_no_text_of_a_user_is_pasted_into_a_command(path: Path) -> None:
    assert not [step for step in steps_of(path) if "${{" in step.get("run", "")]


def test_the_action_does_what_the_workflow_does() -> None:
    def said(path: Path) -> list[str]:
        return [name for step in steps_of(path) if "checkout" not in (name := step.get("name") or step["uses"])]

    def same(value: str) -> str:
        return value.replace("${{ inputs.name }}", "kvguard")

    assert said(WORKFLOW) == said(ACTION)
    caches = [(f"actions/cache/{way}", what) for way in ("restore", "save") for what in ("stored replies", "report")]
    for action, what in (*caches, ("actions/upload-artifact", "")):
        assert {key: same(str(value)) for key, value in step(ACTION, action, what).items()} == {
            key: str(value) for key, value in step(WORKFLOW, action, what).items()
        }
    for name in ("Compare with the base branch", "Comment the comparison", "Keep the branch's report"):
        (one,), (other,) = ([s["run"] for s in steps_of(path) if s.get("name") == name] for path in (WORKFLOW, ACTION))
        assert one == other


def test_the_page_shows_the_workflow_that_init_writes() -> None:
    assert WORKFLOW.read_text() in code_blocks(PAGE, "yaml")


def test_the_page_lists_the_inputs_of_the_action_and_uses_no_other() -> None:
    inputs = yaml.safe_load(ACTION.read_text())["inputs"]
    assert table_rows(PAGE.read_text(), "input") == [
        [f"`{name}`", f"`{of['default']}`" if of["default"] else "", of["description"]] for name, of in inputs.items()
    ]
    (use,) = (yaml.safe_load(block)[0] for block in code_blocks(PAGE, "yaml") if "- uses: OWNER" in block)
    assert set(use["with"]) <= set(inputs)
