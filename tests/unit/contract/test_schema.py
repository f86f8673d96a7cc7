"""The shipped contract schema: it agrees with the rules, and its complaints are in plain words."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from pytest_kvguard.contract.contract_schema import contract_schema
from pytest_kvguard.contract.model import Generate, Orderings
from pytest_kvguard.contract.schema import complaints, document_complaints
from pytest_kvguard.contract.write_schema import SHIPPED, schema_text, write_schema
from pytest_kvguard.contract.yaml_document import read_document
from pytest_kvguard.errors import ContractError
from pytest_kvguard.leaks.table import DETECTORS
from pytest_kvguard.verifiers import table

Write = Callable[[str], Path]


def complaint(path: Path) -> ContractError:
    return document_complaints(read_document(path))[0]


def leaves(schema: Any, name: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield every subschema that names a type, where a complaint can arise."""
    if isinstance(schema, dict):
        if "type" in schema and isinstance(schema["type"], str) and not name.endswith("properties"):
            yield name, schema
        for key, child in schema.items():
            yield from leaves(child, f"{name}/{key}")
    if isinstance(schema, list):
        for child in schema:
            yield from leaves(child, name)


def test_the_shipped_schema_is_a_json_schema() -> None:
    Draft202012Validator.check_schema(contract_schema())
    assert contract_schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_the_file_for_editors_says_what_the_code_says() -> None:
    stale = SHIPPED.read_text(encoding="utf-8") != schema_text()
    assert not stale, f"{SHIPPED.name} is stale. Run: python -m pytest_kvguard.contract.write_schema"
    assert json.loads(schema_text()) == contract_schema()


def test_the_file_for_editors_is_written_from_the_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_schema(tmp_path / "schema.json")
    assert (tmp_path / "schema.json").read_bytes() == schema_text().encode()
    assert capsys.readouterr().out == f"{tmp_path / 'schema.json'} written\n"


@pytest.mark.parametrize(("key", "model"), [("orderings", Orderings), ("generate", Generate)])
def test_a_key_that_is_left_out_has_the_default_that_the_schema_names(key: str, model: type[Any]) -> None:
    properties = contract_schema()["properties"][key]["properties"]
    named = {name: schema["default"] for name, schema in properties.items() if "default" in schema}
    taken = {name: getattr(model(), name) for name in properties}
    assert named == {name: list(value) if value == () else value for name, value in taken.items() if value is not None}


def test_checks_that_a_project_registers_are_not_in_the_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "_RULES", dict(table._RULES))
    monkeypatch.setitem(DETECTORS, "initials", DETECTORS["canary"])
    table.register("mine")(lambda reply, value: True)
    assert "mine" not in contract_schema.__wrapped__()["$defs"]["check"]["properties"]
    assert "initials" not in contract_schema.__wrapped__()["$defs"]["no_leak"]["properties"]


def test_the_schema_and_the_rules_agree() -> None:
    properties = contract_schema()["$defs"]["check"]["properties"]
    assert properties == {name: table.rule(name).value_schema for name in table.names()}


def test_the_schema_and_the_leak_detectors_agree() -> None:
    properties = contract_schema()["$defs"]["no_leak"]["properties"]
    assert properties == {name: detector.value_schema for name, detector in DETECTORS.items()}


def test_every_key_of_a_contract_says_what_it_takes() -> None:
    schema = contract_schema()
    groups = [schema, *schema["properties"].values(), *schema["$defs"].values()]
    for group in groups:
        for name, child in group.get("properties", {}).items():
            assert "description" in child or "$ref" in child, name


def test_the_sample_satisfies_the_schema(write: Write, sample: str) -> None:
    assert document_complaints(read_document(write(sample))) == []


@pytest.mark.parametrize("version", ["2", "0", '"1"', "1.5", "one"])
def test_another_version_is_refused_before_anything_else(write: Write, version: str) -> None:
    error = complaint(write(f"name: 3\nkvguard: {version}\nunheard-of: 1\n"))
    assert error.line == 2
    assert "but this version reads 1. Write 'kvguard: 1', or upgrade pytest-kvguard." in error.message


def test_the_first_complaint_in_the_file_is_the_one_reported(write: Write, sample: str) -> None:
    broken = sample.replace("max_lost: 0", "max_lost: -1").replace("protect: true", "protect: maybe")
    assert "protect" in complaint(write(broken)).message


@pytest.mark.parametrize(
    ("schema", "value", "message"),
    [
        ({"description": "a count", "type": "integer"}, "x", "a.b: found the text 'x'. Allowed: a count. Change it."),
        (
            {"description": "a text", "type": "string"},
            7,
            'a.b: found 7 (a number). Allowed: a text. Put it in quotes: "7".',
        ),
        (
            {"description": "a text", "anyOf": [{"type": "string"}]},
            True,
            'a.b: found true (true or false). Allowed: a text. Put it in quotes: "true".',
        ),
        (
            {"description": "a map", "type": "object"},
            None,
            "found nothing. Allowed: a map. Fill it in, or remove the key.",
        ),
        ({"description": "a text", "type": "string"}, [1, 2], "a.b: found a list of 2. Allowed: a text. Change it."),
        ({"description": "a text", "type": "string"}, {}, "a.b: found an empty map. Allowed: a text. Change it."),
        ({"type": "string"}, 7, "Allowed: another value."),
    ],
)
def test_a_complaint_gives_place_found_allowed_and_remedy(
    write: Write, schema: dict[str, Any], value: Any, message: str
) -> None:
    sources = {None: "", True: "true", 7: "7"}
    source = sources[value] if value is None or isinstance(value, (bool, int)) else repr(value)
    document = read_document(write(f"a:\n  b: {source}\n"))
    (error,) = complaints(document, ("a", "b"), document.data["a"]["b"], schema)
    assert error.line == 2
    assert message in error.message


@pytest.mark.parametrize(
    "schema",
    [
        {"description": "a or b", "enum": ["strict", "loose"]},
        {"description": "a or b", "anyOf": [{"type": "object"}, {"enum": ["strict", "loose"]}]},
    ],
)
def test_of_words_that_are_listed_the_nearest_is_suggested(write: Write, schema: dict[str, Any]) -> None:
    document = read_document(write("a: lose"))
    (error,) = complaints(document, ("a",), document.data["a"], schema)
    assert error.message == "a: found the text 'lose'. Allowed: a or b. Did you mean 'loose'?"


def test_a_half_written_form_is_explained_rather_than_the_list_of_forms(write: Write) -> None:
    forms = {
        "description": "a text or a map",
        "anyOf": [
            {"type": "string"},
            {"type": "object", "additionalProperties": False, "properties": {"text": {"type": "string"}}},
        ],
    }
    document = read_document(write("a: {txet: x}"))
    (error,) = complaints(document, ("a",), document.data["a"], forms)
    assert error.message == "unknown key 'txet' in a. Allowed: text. Did you mean 'text'?"


def test_a_missing_key_is_named_with_what_it_takes(write: Write) -> None:
    schema = {"required": ["id"], "properties": {"id": {"description": "one word"}}}
    document = read_document(write("a: {ids: x}"))
    (error,) = complaints(document, ("a",), document.data["a"], schema)
    assert error.message == "a has no 'id'. Found: 'ids'. Did you mean 'ids'? Add 'id:' (one word)."


def test_every_typed_schema_of_the_contract_has_a_description() -> None:
    unexplained = [
        name for name, schema in leaves(dict(contract_schema())) if "description" not in schema and "/anyOf" not in name
    ]
    assert unexplained == []
