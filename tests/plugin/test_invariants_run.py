"""Runs of the invariants as a user sees them: what was asked, what was not and why, and a broken installation."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SUITE = ("--pyargs", "pytest_kvguard.invariants")


def run(folder: Path, *args: str, ahead: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run pytest in a process of its own; modules in ``ahead`` shadow installed ones."""
    first = "" if ahead is None else f"sys.path.insert(0, {str(ahead)!r});"
    script = f"import sys; {first} import pytest; sys.exit(pytest.main(sys.argv[1:]))"
    command = [sys.executable, "-c", script, *SUITE, *args]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)


def test_an_installation_that_cannot_import_transformers_is_one_error(tmp_path: Path) -> None:
    package = tmp_path / "ahead" / "transformers"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('operator torchvision::nms\\ndoes not exist')\n")
    result = run(tmp_path, "--kv-policy=snapkv", "--ratio=0.5", "-q", ahead=package.parent)
    assert result.returncode == pytest.ExitCode.USAGE_ERROR
    printed = result.stdout + result.stderr
    said = "importing transformers failed with RuntimeError: operator torchvision::nms does not exist."
    assert printed.count(said) == 1
    assert len(printed) < 2000


def test_the_summary_says_how_many_were_asked_and_why_others_were_not(tmp_path: Path) -> None:
    names = "protected or budget or half-scores or kernel-compressed"
    result = run(tmp_path, "--kv-policy=kivi", "-k", f"llama-no-gqa and ({names})")
    assert result.returncode == pytest.ExitCode.OK
    assert "2 of 2 hold, 2 of 5 asked" in result.stdout
    reason = "3 not applicable (protected, half-scores, held-budget): a quantizer alone chooses no entries"
    assert reason in result.stdout
    assert "kernel sdpa: 1 of 1 hold, 1 of 1 asked" in result.stdout


def test_a_policy_that_refuses_every_model_does_not_run(tmp_path: Path) -> None:
    (tmp_path / "refusing.py").write_text(
        "from dataclasses import dataclass\n"
        "from kvguard_policies.policy import OwnCache, PolicyError\n"
        "@dataclass(frozen=True)\n"
        "class Refusing(OwnCache):\n"
        "    name = 'refusing'\n"
        "    def fill(self, model, token_ids, ratio):\n"
        "        raise PolicyError('not this model')\n"
    )
    result = run(
        tmp_path,
        "--kv-policy=refusing:Refusing",
        "--ratio=0.5",
        "-k",
        "sdpa-runs or mistral-chunks or mistral-shared",
        ahead=tmp_path,
    )
    assert "BROKEN  runs: refused: the policy refuses this model: not this model" in result.stdout
    assert "1 failed, 2 skipped" in result.stdout
