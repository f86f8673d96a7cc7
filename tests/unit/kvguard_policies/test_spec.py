"""A spec is parsed once, and travels parsed."""

from __future__ import annotations

import pickle

import pytest

from kvguard_policies import spec as spec_module
from kvguard_policies.scores.snapkv import SnapKV
from kvguard_policies.spec import PolicySpec, SpecError, load


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that are parsed while the test runs."""
    texts: list[str] = []
    parse = spec_module._parse

    def counting(text: str):  # type: ignore[no-untyped-def]
        texts.append(text)
        return parse(text)

    monkeypatch.setattr(spec_module, "_parse", counting)
    return texts


def test_whatever_is_asked_of_a_spec_it_is_parsed_once(parsed: list[str]) -> None:
    spec = PolicySpec.read(" fair(snapkv(window=8)) ")
    assert (spec.text, str(spec), spec.root) == ("fair(snapkv(window=8))", "fair(snapkv(window=8))", "fair")
    assert (spec.names, spec.quantizes, spec.is_cache, spec.ignores_ratio) == (("fair", "snapkv"), False, False, False)
    assert spec.targets == ("kvguard_policies.modifiers.fair:Fair", "kvguard_policies.scores.snapkv:SnapKV")
    assert spec.build() == load(spec) == spec.build()
    assert parsed == ["fair(snapkv(window=8))"]


def test_specs_of_one_text_are_equal_wherever_they_come_from() -> None:
    read, other = PolicySpec.read("snapkv(window=8)"), PolicySpec("snapkv(window=8)")
    _ = other.tree
    assert read == other and hash(read) == hash(other) and read != PolicySpec("snapkv")
    assert pickle.loads(pickle.dumps(read)) == read


def test_a_copy_from_another_process_builds_the_same_policy() -> None:
    assert pickle.loads(pickle.dumps(PolicySpec.read("snapkv(window=8)"))).build() == SnapKV(8)


def test_reading_a_spec_checks_its_names_and_naming_one_does_not() -> None:
    with pytest.raises(SpecError, match="Did you mean 'snapkv'"):
        PolicySpec.read("snapkw")
    assert PolicySpec("snapkw").text == "snapkw"


def test_a_path_is_no_name_of_the_table() -> None:
    spec = PolicySpec("kvguard_policies.scores.snapkv:SnapKV(window=8)")
    assert (spec.root, spec.targets) == ("", ("kvguard_policies.scores.snapkv:SnapKV",))
    assert spec.build() == SnapKV(8)


@pytest.mark.parametrize(
    ("text", "is_cache", "ignores_ratio"),
    [("static", True, True), ("sliding(window=8)", True, True), ("kivi", False, True), ("kivi(snapkv)", False, False)],
)
def test_a_spec_says_whether_it_names_a_cache_and_needs_a_ratio(text: str, is_cache: bool, ignores_ratio: bool) -> None:
    assert (PolicySpec(text).is_cache, PolicySpec(text).ignores_ratio) == (is_cache, ignores_ratio)
