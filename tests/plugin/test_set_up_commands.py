"""The commands of the workflow that init writes, and of the action, run as they are on a runner of GitHub."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from pytest_kvguard.commands.table import run
from tests.docs.test_project_files import ACTION, WORKFLOW, steps_of

CONFTEST = """
from pytest_kvguard.backends.scripted import Scripted

def pytest_kvguard_backend(config):
    return Scripted(lambda request: "We open at 6:45. I can't tell you any code.")
"""
SHELLS = {"bash": ["bash", "--noprofile", "--norc", "-eo", "pipefail"], "python": ["python"]}
DEFAULTS = {
    "paths": "contracts",
    "policy": "snapkv",
    "ratio": "0.5",
    "arguments": "",
    "mask-key": "any text",
    "name": "kvguard",
}
FORGETS = CONFTEST.replace('"We', '"I do not know." if request.policy == "snapkv" else "We')
GH = """#!/bin/sh
# Says that there is an earlier comment if there is one, and keeps what is sent.
case "$*" in
  *--jq*) cat earlier 2>/dev/null || true ;;
  *) echo "$*" >> sent; cp kvguard-comment.md comment.md; echo 7 > earlier ;;
esac
"""
COMPARE, COMMENT, KEEP = "Compare with the base branch", "Comment the comparison", "Keep the branch's report"


class Runner:
    """A project that init set up, on a machine that says it is a runner of GitHub."""

    def __init__(self, project: Path) -> None:
        self.project = project
        self.summary = project / "summary.md"
        self.page = project / "kvguard.html"
        run(["init", str(project)])
        (project / "conftest.py").write_text(CONFTEST)

    def do(self, path: Path, name: str, inputs: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        """Run the command of a step with what its environment says of the inputs."""
        (step,) = (step for step in steps_of(path) if step.get("name") == name)
        script = self.project / "step"
        script.write_text(step["run"])
        command = [*SHELLS[step.get("shell", "bash")], str(script)]
        environment = {**self.environment(), **{key: filled(text, inputs) for key, text in step.get("env", {}).items()}}
        return subprocess.run(
            command, cwd=self.project, env=environment, capture_output=True, text=True, timeout=120, check=False
        )

    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "PATH": os.pathsep.join([str(self.project / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]]),
            "GITHUB_WORKSPACE": str(self.project),
            "GITHUB_STEP_SUMMARY": str(self.summary),
            "GITHUB_REPOSITORY": "owner/name",
            "KVGUARD_CACHE": str(self.project / ".kvguard"),
            "KVGUARD_MASK_KEY": "any text",
            "PYTEST_ADDOPTS": "-p no:cacheprovider",
        }

    def guard(self, **inputs: str) -> subprocess.CompletedProcess[str]:
        """Run the action's own pytest."""
        return self.do(ACTION, "Run the contracts", {**DEFAULTS, **inputs})


def filled(text: str, inputs: Mapping[str, str]) -> str:
    """Return a value of ``env`` with the inputs of the action, and what GitHub knows, in their places."""
    text = text.replace("${{ github.workspace }}", os.getcwd()).replace("${{ github.event.number }}", "12")
    text = re.sub(r"\$\{\{ (?:github|strategy)\.([\w-]+) \}\}", lambda place: place[1], text)
    return re.sub(r"\$\{\{ inputs\.([\w-]+)( \|\| env\.\w+)? \}\}", lambda place: inputs[place[1]], text)


@pytest.fixture
def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runner:
    monkeypatch.chdir(tmp_path)
    return Runner(tmp_path)


@pytest.mark.parametrize("path", [WORKFLOW, ACTION], ids=lambda path: path.name)
def test_contracts_that_hold_are_green_with_a_summary_and_a_page(runner: Runner, path: Path) -> None:
    for name in ("Validate the contracts", "Run the contracts"):
        ran = runner.do(path, name, DEFAULTS)
        assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "**3** HELD" in runner.summary.read_text() and runner.page.read_text().startswith("<!doctype html>")


@pytest.mark.parametrize("path", [WORKFLOW, ACTION], ids=lambda path: path.name)
def test_a_contract_with_a_mistake_is_red_before_anything_runs(runner: Runner, path: Path) -> None:
    (contract,) = (runner.project / "contracts").glob("*.kv.yaml")
    contract.write_text(contract.read_text().replace("contains:", "contans:"))
    ran = runner.do(path, "Validate the contracts", DEFAULTS)
    assert ran.returncode == 1 and "Did you mean 'contains'?" in ran.stdout


@pytest.mark.parametrize("path", [WORKFLOW, ACTION], ids=lambda path: path.name)
def test_the_exit_status_of_pytest_is_that_of_the_step(runner: Runner, path: Path) -> None:
    (runner.project / "conftest.py").write_text("import nothing_of_this_name")
    assert runner.do(path, "Run the contracts", DEFAULTS).returncode == pytest.ExitCode.USAGE_ERROR


def test_arguments_are_quoted_as_in_a_shell(runner: Runner) -> None:
    ran = runner.guard(arguments='-v -k "hours or nothing"')
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "hours" in ran.stdout and "deselected" in ran.stdout


def test_later_arguments_outdo_those_of_the_action(runner: Runner) -> None:
    assert "snapkv 0.25" in runner.guard(arguments="--ratio=0.25").stdout


def test_paths_may_be_several_and_hold_spaces(runner: Runner) -> None:
    more = runner.project / "more contracts"
    more.mkdir()
    (contract,) = (runner.project / "contracts").glob("*.kv.yaml")
    (more / "second.kv.yaml").write_text(contract.read_text().replace("name: assistant", "name: second"))
    paths = "contracts 'more contracts'"
    assert "2 contracts" in runner.do(ACTION, "Validate the contracts", {**DEFAULTS, "paths": paths}).stdout
    assert "6 HELD" in runner.guard(paths=paths).stdout


def test_without_a_policy_the_uncompressed_model_runs(runner: Runner) -> None:
    ran = runner.guard(policy="")
    assert ran.returncode == 0 and "snapkv" not in ran.stdout


def test_inputs_are_words_and_never_commands(runner: Runner) -> None:
    text = "$(touch file) ; touch file & `touch file`"
    for inputs in ({"policy": text, "ratio": text}, {"paths": text}, {"arguments": text}):
        assert runner.guard(**inputs).returncode == pytest.ExitCode.USAGE_ERROR
    assert not (runner.project / "file").exists()


@pytest.mark.parametrize("path", [WORKFLOW, ACTION], ids=lambda path: path.name)
def test_a_pull_request_is_compared_with_the_report_that_its_base_branch_kept(runner: Runner, path: Path) -> None:
    gh = runner.project / "bin" / "gh"
    gh.parent.mkdir()
    gh.write_text(GH)
    gh.chmod(0o755)
    for name in ("Run the contracts", KEEP):
        assert runner.do(path, name, DEFAULTS).returncode == 0
    (runner.project / "conftest.py").write_text(FORGETS)
    assert runner.do(path, "Run the contracts", DEFAULTS).returncode == pytest.ExitCode.TESTS_FAILED
    for _ in range(2):
        for name in (COMPARE, COMMENT):
            ran = runner.do(path, name, DEFAULTS)
            assert ran.returncode == 0, ran.stdout + ran.stderr
    comment = (runner.project / "comment.md").read_text()
    assert comment.startswith("### kvguard compared: ") and "<summary>newly lost (2)</summary>" in comment
    assert comment.endswith("<!-- kvguard workflow job job-index -->\n")
    assert comment.partition("<!--")[0] in runner.summary.read_text()
    assert (runner.project / "kvguard-comparison.html").is_file()
    first, second = (runner.project / "sent").read_text().splitlines()
    assert first.startswith("api repos/owner/name/issues/12/comments ")
    assert second.startswith("api --method PATCH repos/owner/name/issues/comments/7 ")


@pytest.mark.parametrize("path", [WORKFLOW, ACTION], ids=lambda path: path.name)
def test_without_a_report_of_the_base_branch_nothing_is_compared_and_nothing_fails(runner: Runner, path: Path) -> None:
    runner.do(path, "Run the contracts", DEFAULTS)
    ran = runner.do(path, COMPARE, DEFAULTS)
    assert ran.returncode == 0 and "nothing is compared" in ran.stdout
    assert runner.do(path, COMMENT, DEFAULTS).returncode == 0
    assert not (runner.project / "kvguard-comment.md").exists()


def test_what_is_installed_is_this_package() -> None:
    installs = [step["run"] for path in (WORKFLOW, ACTION) for step in steps_of(path) if step.get("name") == "Install"]
    assert installs == ["python -m pip install pytest-kvguard", 'python -m pip install "$GITHUB_ACTION_PATH"']
