"""A broken contract fails its own item with the line and a remedy, and never stops the session."""

from __future__ import annotations

import pytest

from tests.plugin.conftest import Guard
from tests.plugin.shop import SHOP

END = SHOP.count("\n") + 1

BROKEN = [
    pytest.param("", "broken.kv.yaml: the file is empty", id="empty"),
    pytest.param("kvguard: [1", "broken.kv.yaml:*not valid YAML", id="bad syntax"),
    pytest.param(SHOP.replace("contains:", "contain:"), "broken.kv.yaml:8: *Did you mean 'contains'", id="bad check"),
    pytest.param(SHOP.replace("probes: [attack]", "probes: [atack]"), "broken.kv.yaml:*'attack'", id="bad probe"),
    pytest.param(SHOP.replace("id: tone", "id: hours"), "broken.kv.yaml:*occurs twice*line 6", id="same id twice"),
    pytest.param(SHOP + "gates: {max_lost: 1}\n", f"broken.kv.yaml:{END}: *Did you mean 'gate'", id="bad key"),
    pytest.param(SHOP + "name: again\n", f"broken.kv.yaml:{END}: *first in line 2", id="same key twice"),
    pytest.param(SHOP.replace("kvguard: 1", "kvguard: 2"), "broken.kv.yaml:1: *this version reads 1", id="version"),
    pytest.param(SHOP.replace("name: shop", "name: *shop"), "broken.kv.yaml:2: *alias", id="alias"),
    pytest.param("\x00", "broken.kv.yaml:1: *not allowed in YAML", id="binary"),
]


@pytest.mark.parametrize(("text", "message"), BROKEN)
def test_a_broken_contract_fails_its_own_item_and_no_other(guard: Guard, text: str, message: str) -> None:
    guard.contract(text, "broken.kv.yaml")
    result = guard.run("--kv-policy=snapkv")
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(["*broken.kv.yaml: broken contract*", f"{message}*"])
    result.stdout.fnmatch_lines(["FAILED broken.kv.yaml::contract - *"])
    assert "Traceback" not in result.stdout.str()
    assert "parse.py" not in result.stdout.str()


def test_an_unreadable_encoding_fails_its_own_item(guard: Guard) -> None:
    guard.contract(name="broken.kv.yaml").write_bytes(b"kvguard: 1\nname: caf\xe9\n")
    result = guard.run("--kv-policy=snapkv")
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(["broken.kv.yaml:2: byte 0xe9 is not UTF-8. Save the file as UTF-8."])


def test_a_broken_contract_fails_once_with_any_number_of_workers(guard: Guard, spread: tuple[str, ...]) -> None:
    guard.contract("", "broken.kv.yaml")
    result = guard.run("--kv-policy=snapkv", *spread)
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(
        ["broken.kv.yaml: the file is empty*", "FAILED broken.kv.yaml::contract - the file is empty*"]
    )


def test_a_broken_contract_counts_as_something_to_guard(guard: Guard) -> None:
    guard.contract("", "shop.kv.yaml")
    guard.run("--kv-policy=snapkv").assert_outcomes(failed=1)


def test_other_yaml_files_are_left_alone(guard: Guard) -> None:
    guard.contract("not: [a contract", "values.yaml")
    guard.run("--kv-policy=snapkv").assert_outcomes(passed=3)


@pytest.mark.parametrize("name", ["shop.kv.yml", "shop.kv.json", "shop.KV.YAML"])
def test_a_contract_with_another_ending_fails_instead_of_being_left_out(guard: Guard, name: str) -> None:
    guard.contract(SHOP, name)
    result = guard.run("--kv-policy=snapkv")
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines([f"FAILED {name}::contract - *pytest collects contracts whose names end in .kv.yaml*"])


UNFILLED = SHOP.replace("name: shop", "name: other").replace("at 9:30", "at 9:30 {{ day }} {{ night }}")


def test_a_placeholder_that_was_left_in_a_text_is_warned_of_once_per_file(guard: Guard) -> None:
    guard.contract(UNFILLED, "other.kv.yaml")
    result = guard.run("--kv-policy=snapkv", "-W", "default")
    result.assert_outcomes(passed=6, warnings=1)
    told = "other.kv.yaml:6: '{{ day }}' and 1 more: a placeholder of a template"
    assert result.stdout.str().count(told) == 1


def test_where_warnings_are_errors_a_placeholder_fails_its_file_and_no_other(guard: Guard) -> None:
    guard.contract(UNFILLED, "other.kv.yaml")
    result = guard.run("--kv-policy=snapkv", "-W", "error")
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(["FAILED other.kv.yaml::contract - *a placeholder of a template*"])
