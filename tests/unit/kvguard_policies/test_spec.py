"""A spec is parsed once, and travels parsed."""

from __future__ import annotations

import pickle
from pathlib import Path

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
    ("text", "family"),
    [
        ("snapkv", "snapkv"),
        ("snapkv(window=8)", "snapkv"),
        ("fair(snapkv(window=16), mix=0.5)", "fair(snapkv)"),
        ("fair(base=snapkv(8))", "fair(snapkv)"),
        ("quanto(snapkv(window=3), bits=2)", "quanto(snapkv)"),
        ("keep(my.package:Mine(a=1))", "keep(my.package:Mine)"),
        ("kvpress:SnapKVPress(window_size=3)", "kvpress:SnapKVPress"),
    ],
)
def test_the_family_of_a_spec_has_no_settings(text: str, family: str) -> None:
    assert PolicySpec(text).family == family


@pytest.mark.parametrize(
    ("text", "is_cache", "ignores_ratio"),
    [("static", True, True), ("sliding(window=8)", True, True), ("kivi", False, True), ("kivi(snapkv)", False, False)],
)
def test_a_spec_says_whether_it_names_a_cache_and_needs_a_ratio(text: str, is_cache: bool, ignores_ratio: bool) -> None:
    assert (PolicySpec(text).is_cache, PolicySpec(text).ignores_ratio) == (is_cache, ignores_ratio)


@pytest.mark.parametrize(
    "text",
    ["os:system", "subprocess:Popen(args='id', shell=True)", "builtins:exec", "fair(os:getcwd)", "keep(io:open)"],
)
def test_a_path_into_pythons_own_modules_is_refused_before_anything_is_built(text: str) -> None:
    with pytest.raises(SpecError, match="names Python's own module"):
        PolicySpec.read(text)


def test_pythons_own_functions_are_refused_under_another_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = tmp_path / "ran"
    (tmp_path / "hides_a_program.py").write_text("from subprocess import Popen\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(SpecError, match="names Python's own module 'subprocess'"):
        load(f"hides_a_program:Popen(args=['touch', '{ran}'])")
    assert not ran.exists()


@pytest.mark.parametrize("value", ["1e999", "-1e999", "1e999j"])
def test_a_number_of_an_option_that_is_not_finite_is_refused(value: str) -> None:
    with pytest.raises(SpecError, match="is no finite number"):
        load(f"snapkv(window={value})")
