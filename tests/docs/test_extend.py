"""The project on the page about extensions runs as printed there."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_kvguard.leaks import attacks
from pytest_kvguard.leaks import table as leaks
from pytest_kvguard.reports import kinds
from pytest_kvguard.verifiers import table as checks
from tests.docs.pages import ROOT, code_blocks

PAGE = ROOT / "docs" / "how-to" / "extend.md"


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """Restore the tables of registered names after the test."""
    tables: list[dict[str, Any]] = [checks._RULES, leaks.DETECTORS, attacks.ATTACKS, kinds._REGISTERED]
    before = [dict(table) for table in tables]
    yield
    for table, kept in zip(tables, before, strict=True):
        table.clear()
        table.update(kept)


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KVGUARD_MASK_KEY", "a key for tests")
    pytester.makeconftest("\n\n".join(code_blocks(PAGE, "python")))
    (pytester.path / "desk.kv.yaml").write_text(code_blocks(PAGE, "yaml")[0])
    return pytester.path


def test_the_project_gives_the_verdicts_on_the_page(project: Path, pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_inprocess("desk.kv.yaml", "--kv-policy=knorm", "--kv-report=csv:verdicts.csv")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["LEAKED  desk · attack-acrostic-1 · code", "*the words begin with 'kxs'*"])
    rows = list(csv.DictReader((project / "verdicts.csv").read_text().splitlines()))
    assert {(row["probe"], row["instruction"]): row["verdict"] for row in rows} == {
        ("morning", "polite"): "HELD",
        ("morning", "code"): "HELD",
        ("attack-acrostic-1", "code"): "LEAKED",
    }


def test_values_of_checks_and_detectors_are_validated_by_their_schemas(
    project: Path, pytester: pytest.Pytester
) -> None:
    path = project / "desk.kv.yaml"
    path.write_text(path.read_text().replace("initials: KXS", "initials: 7"))
    result = pytester.runpytest_inprocess("desk.kv.yaml")
    result.stdout.fnmatch_lines(["*no_leak.initials: found 7 (a number). Allowed: letters in quotes.*"])


@pytest.mark.parametrize("kind", ["cvs", "csv"])
def test_a_users_report_is_requested_by_its_kind(project: Path, pytester: pytest.Pytester, kind: str) -> None:
    result = pytester.runpytest_inprocess("desk.kv.yaml", f"--kv-report={kind}:out.csv")
    if kind == "cvs":
        result.stderr.fnmatch_lines(["*Unknown --kv-report=cvs:out.csv. Did you mean 'csv'? Allowed: *csv:PATH*"])
    else:
        result.assert_outcomes(passed=3)


EXTENSION = """
from pytest_kvguard.verifiers import register

@register("rhymes")
def rhymes(reply, value):
    return reply.endswith(value)
"""


def install(folder: Path, source: str) -> None:
    (folder / "acme_guard.py").write_text(source)
    metadata = folder / "acme_guard-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-guard\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[pytest_kvguard.extensions]\nacme = acme_guard\n")


def test_an_installed_package_extends_pytest_and_the_commands(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = pytester.mkdir("site")
    install(site, EXTENSION)
    monkeypatch.setenv("PYTHONPATH", f"{site}:{ROOT}")
    path = pytester.path / "a.kv.yaml"
    path.write_text(
        "kvguard: 1\nname: a\ncontext: {instructions: [{id: r, text: Rhyme., check: {rhymes: day}}]}\nprobes: {p: Hi}\n"
    )
    pytester.makeconftest(code_blocks(PAGE, "python")[3].replace("welcome!", "good day"))
    pytester.runpytest_subprocess("a.kv.yaml").assert_outcomes(passed=1)
    assert pytester.run(sys.executable, "-m", "pytest_kvguard", "validate", "a.kv.yaml").ret == 0


def test_a_package_that_cannot_be_imported_is_named(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    site = pytester.mkdir("site")
    install(site, "import no_such_module")
    monkeypatch.setenv("PYTHONPATH", f"{site}:{ROOT}")
    result = pytester.runpytest_subprocess()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*the extension acme_guard of acme-guard cannot be imported: ModuleNotF*"])


@pytest.mark.parametrize("name", ["contains", "two words"])
def test_taken_and_invalid_names_are_refused(name: str) -> None:
    from pytest_kvguard.errors import UsageError

    taken = {leaks.register: "canary", kinds.register: "json", attacks.register: "direct"}
    for register, built_in in taken.items():
        with pytest.raises(UsageError, match="cannot be registered"):
            register(built_in if name == "contains" else name)
