"""The reference pages list exactly what the code offers."""

from __future__ import annotations

import configparser
import importlib
import re
from dataclasses import fields

import pytest

import pytest_kvguard.plugin
from docs.write_options import PAGE, page_text
from kvguard_policies import Policy, load, names
from kvguard_policies.modifiers.fair import Fair
from kvguard_policies.modifiers.keep import Keep
from kvguard_policies.table import QUANTIZERS, cache_names, quantizer_names
from pytest_kvguard import Verdict, errors
from pytest_kvguard.backends.launch.table import ENGINES, load_engine
from pytest_kvguard.commands.table import COMMANDS
from pytest_kvguard.faults.catalogue import all_faults, all_refactors
from pytest_kvguard.golden.levels.table import LEVELS
from pytest_kvguard.invariants.table import KERNEL, POLICY
from pytest_kvguard.invariants.table import names as invariant_names
from pytest_kvguard.leaks.attacks import ATTACKS, styles
from pytest_kvguard.leaks.table import DETECTORS
from pytest_kvguard.plugin import hookspecs
from pytest_kvguard.reports.kinds import report_kinds
from pytest_kvguard.runs.settings import SCOPES
from pytest_kvguard.verifiers.ifeval.table import INSTRUCTIONS
from pytest_kvguard.verifiers.table import BUILT_IN, junk_floor
from tests.docs.pages import ROOT, code_blocks, code_words, reference, table_rows

MODIFIERS = {"fair": Fair, "keep": Keep}


def test_the_options_page_has_current_tables() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == page_text(page), f"{PAGE.name} is stale: run `make options` or `python docs/write_options.py`"


def test_the_options_page_has_every_extra_with_its_packages() -> None:
    tomllib = pytest.importorskip("tomllib", reason="Python 3.11 reads TOML")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {
        extra: [line.partition(">")[0] for line in lines]
        for extra, lines in project["optional-dependencies"].items()
        if extra not in ("all", "dev", "docs")
    }
    rows = table_rows(reference("options"), "extra")
    assert {code_words(extra)[0]: installs.split(", ") for extra, installs, _ in rows} == declared


def test_the_reports_page_has_every_kind() -> None:
    options = [code_words(row[1])[0] for row in table_rows(reference("reports"), "report")]
    kinds = [re.split("[=:]", option)[1] for option in options if option.startswith("--kv-report=")]
    assert tuple(kinds) == report_kinds()


def test_the_goldens_page_has_every_level() -> None:
    assert tuple(code_words(row[0])[0] for row in table_rows(reference("goldens"), "level")) == LEVELS


def test_the_invariants_page_has_every_invariant() -> None:
    written = [(code_words(row[0])[0], row[1]) for row in table_rows(reference("invariants"), "invariant")]
    assert written == [(name, kind) for kind in (POLICY, KERNEL) for name in invariant_names(kind)]


def test_the_commands_page_has_every_command() -> None:
    assert [code_words(row[0])[0].split()[0] for row in table_rows(reference("commands"), "command")] == list(COMMANDS)


def test_the_servers_page_has_every_engine_with_its_cache_types() -> None:
    page = (ROOT / "docs" / "how-to" / "test-servers.md").read_text(encoding="utf-8")
    written = {
        code_words(row[0])[0]: (code_words(row[2])[0], *code_words(row[3])) for row in table_rows(page, "engine")
    }
    engines = {name: load_engine(name) for name in ENGINES}
    assert written == {name: (engine.BASELINE, *engine.CACHES) for name, engine in engines.items()}


def test_the_options_page_has_every_scope() -> None:
    assert tuple(code_words(row[0])[0] for row in table_rows(reference("options"), "scope")) == SCOPES


def test_the_checks_page_has_every_check() -> None:
    written = [code_words(row[0])[0] for row in table_rows(reference("checks"), "check")]
    assert sorted(written) == sorted(BUILT_IN)


@pytest.mark.parametrize("row", table_rows(reference("checks"), "check"), ids=lambda row: code_words(row[0])[0])
def test_the_checks_page_has_the_junk_floor_of_every_check_for_its_example(row: list[str]) -> None:
    name = code_words(row[0])[0]
    share = junk_floor(name, BUILT_IN[name].example, "We open at nine.")
    assert row[3] == ("n/a" if share is None else f"{share:.0%}")


def test_the_checks_page_has_every_ifeval_instruction_with_its_arguments() -> None:
    written = {code_words(row[0])[0]: tuple(code_words(row[1])) for row in table_rows(reference("checks"), "id")}
    assert written == {name: instruction.kwargs for name, instruction in INSTRUCTIONS.items()}


def test_the_leaks_page_has_every_detector_and_the_turns_of_every_attack() -> None:
    page = reference("leaks")
    assert [code_words(row[0])[0] for row in table_rows(page, "key of `no_leak`")] == list(DETECTORS)
    written = {code_words(row[0])[0]: tuple(row[1].split(" / ")) for row in table_rows(page, "attack")}
    assert written == {attack.name: attack.turns for attack in ATTACKS.values()}
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"{len(ATTACKS)} built-in attacks in {len(styles())} styles" in changes


def policy_rows() -> dict[str, list[str]]:
    return {code_words(row[0])[0]: row for row in table_rows(reference("policies"), "policy")}


def built_in() -> set[str]:
    return {name for name in names() if policy_named(name).__module__.startswith("kvguard_policies.")}


def policy_named(name: str) -> Policy:
    return load(f"{name}(snapkv)" if name in MODIFIERS else name)


def test_the_policies_page_has_every_policy_and_a_section_for_each() -> None:
    assert set(policy_rows()) == built_in()
    assert all(f"\n### {name}\n" in reference("policies") for name in built_in())


@pytest.mark.parametrize("name", policy_rows())
def test_the_policies_page_has_every_option_of_a_policy(name: str) -> None:
    policy = policy_named(name)
    expected = []
    for field in fields(policy):
        value = getattr(policy, field.name)
        shown = value.spec if isinstance(value, Policy) else repr(value)
        expected.append("base" if field.name == "base" and name in MODIFIERS else f"{field.name}={shown}")
    assert code_words(policy_rows()[name][1]) == expected


@pytest.mark.parametrize("name", policy_rows())
def test_the_policies_page_says_which_policies_support_scope_decode(name: str) -> None:
    assert policy_named(name).can_decode == (not policy_rows()[name][3].startswith("no"))


def quantizer_rows() -> dict[str, list[str]]:
    return {code_words(row[0])[0]: row for row in table_rows(reference("policies"), "quantizer")}


def test_the_policies_page_has_every_quantizer_with_its_options_and_a_section() -> None:
    assert set(quantizer_rows()) == set(quantizer_names())
    for name, row in quantizer_rows().items():
        module, _, class_name = QUANTIZERS[name].partition(":")
        options = fields(getattr(importlib.import_module(module), class_name))
        assert code_words(row[1]) == [f"{field.name}={field.default!r}" for field in options]
        assert f"\n### {name}\n" in reference("policies")


def test_the_faults_page_has_every_fault_and_every_refactor_as_they_describe_themselves() -> None:
    written = {code_words(row[0])[0]: row[1:] for row in table_rows(reference("faults"), "fault")}
    assert written == {
        f.id: [f.around, f.seen, f.symptom, f.seed, " ".join(f.levels), str(f.edition)] for f in all_faults()
    }
    rows = {code_words(row[0])[0]: row[1:] for row in table_rows(reference("faults"), "refactor")}
    assert rows == {refactor.id: [refactor.around, refactor.change] for refactor in all_refactors()}


def test_the_policies_page_has_every_cache_with_its_options() -> None:
    rows = {code_words(row[0])[0]: row for row in table_rows(reference("policies"), "cache")}
    assert tuple(rows) == cache_names()
    for name, row in rows.items():
        assert code_words(row[1]) == [f"{field.name}={field.default!r}" for field in fields(load(name))]


def test_the_errors_page_has_every_exception() -> None:
    written = [code_words(row[0])[0] for row in table_rows(reference("errors"), "exception")]
    assert sorted(written) == sorted(name for name in errors.__all__ if name != "suggest")


def test_the_fixtures_page_has_every_fixture_and_hook() -> None:
    written = [code_words(row[0])[0] for row in table_rows(reference("fixtures"), "fixture")]
    assert sorted(written) == sorted(pytest_kvguard.plugin.__all__)
    assert all(f"## Hook: {hook}\n" in reference("fixtures") for hook in hookspecs.__all__)


@pytest.mark.parametrize("page", ["README.md", "docs/explanation/method.md"])
def test_every_verdict_is_explained(page: str) -> None:
    rows = table_rows((ROOT / page).read_text(encoding="utf-8"), "uncompressed")
    assert {row[2].split(":")[0] for row in rows} == {str(verdict) for verdict in Verdict}


def test_the_architecture_page_has_the_layers_that_are_enforced() -> None:
    rules = configparser.ConfigParser()
    rules.read(ROOT / ".importlinter")
    guard, policies = (
        rules[f"importlinter:contract:{name}"]["layers"].strip().splitlines() for name in ("guard", "policies")
    )
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    drawn = re.search(r"^pytest_kvguard +kvguard_policies\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert drawn
    columns = [(line[:39].strip(), line[39:].strip()) for line in drawn.group(1).splitlines()]
    assert [left for left, _ in columns if left] == guard
    assert [right for _, right in columns if right] == policies


def test_the_architecture_page_has_every_folder_and_every_policy_module() -> None:
    tree = code_blocks(ROOT / "ARCHITECTURE.md", "text")[1].split()
    packages = [*(ROOT / "pytest_kvguard").iterdir(), *(ROOT / "kvguard_policies").iterdir()]
    names = [f"{p.name}/" if p.is_dir() else p.name for p in packages if p.is_dir() or p.suffix == ".py"]
    assert [name for name in names if name[0] not in "._" and name not in tree] == []
