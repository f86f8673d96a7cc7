"""What must pass blocks a change; the newest releases of what this project depends on are tried and block nothing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAKE = """#!/bin/sh
echo "make $*" >> "$CALLS"
case "$1" in
  newest) {newest} ;;
  *) {rest} ;;
esac
"""

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci" / "run")
    program(tmp_path, "chromium", "#!/bin/sh\n")
    return tmp_path


def program(checkout: Path, name: str, text: str) -> None:
    path = checkout / "bin" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def run(checkout: Path, newest: str, rest: str = "true") -> tuple[int, str, list[str]]:
    """Return the exit status, the last line, and how make was called."""
    program(checkout, "make", MAKE.format(newest=newest, rest=rest))
    calls = checkout / "calls"
    environment = {**os.environ, "PATH": f"{checkout / 'bin'}:{os.environ['PATH']}", "CALLS": str(calls)}
    command = ["bash", str(checkout / ".ci" / "run")]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    return ran.returncode, (ran.stdout.splitlines() or [""])[-1], calls.read_text().splitlines()


def test_newest_releases_that_pass_are_said_to(checkout: Path) -> None:
    code, last, calls = run(checkout, newest="echo fine")
    assert (code, last) == (0, "== newest releases: passed")
    assert calls == ["make check test pythons", "make plugins", "make newest"]


def test_newest_releases_that_fail_block_nothing_and_are_seen(checkout: Path) -> None:
    newest = "echo '3 failed, 9 passed in 7.00s'; echo 'make: *** [Makefile:1: newest] Error 1'; exit 2"
    code, last, _ = run(checkout, newest)
    assert (code, last) == (0, "== newest releases: FAILED (not blocking): 3 failed, 9 passed in 7.00s")


def test_newest_releases_that_take_too_long_are_ended(checkout: Path) -> None:
    run_file = checkout / ".ci" / "run"
    run_file.write_text(run_file.read_text().replace(" 20m ", " 0.5 "))
    code, last, _ = run(checkout, newest="sleep 30")
    assert (code, last) == (0, "== newest releases: FAILED (not blocking): not done after 20 minutes")


def test_what_must_pass_blocks_and_ends_the_run(checkout: Path) -> None:
    code, _, calls = run(checkout, newest="true", rest="exit 2")
    assert code != 0 and calls == ["make check test pythons"]


def test_the_first_run_is_that_of_the_readme() -> None:
    first_run = re.search(r"^FIRST_RUN := (.*)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert first_run and f"$ pytest {first_run[1]}\n" in (ROOT / "README.md").read_text("utf-8")


def test_an_interpreter_that_is_missing_is_said_to_be() -> None:
    make = shutil.which("make")
    if make is None:
        pytest.skip("needs make")
    command = [make, "--no-print-directory", "pythons", "PYTHONS=3.0"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (0, "== Python 3.0 is not installed; its tests are skipped\n")
