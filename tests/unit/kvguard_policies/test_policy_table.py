"""Spec strings: the policies they describe, their canonical form, and the errors for wrong ones."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from importlib.metadata import EntryPoint

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvguard_policies import LayerRecord, Policy, PolicyError, Scores, load, names, parse_ratio, table
from kvguard_policies.modifiers.fair import Fair
from kvguard_policies.scores.knorm import KNorm
from kvguard_policies.scores.snapkv import SnapKV
from kvguard_policies.spec import PolicySpec, SpecError, split_specs
from kvguard_policies.table import quantizer_names
from tests.installed import installed_or_skipped


@dataclass(frozen=True)
class Mine(Policy):
    """A user's own policy; it has no name of its own."""

    strength: float = 0.5

    def score(self, layer: LayerRecord) -> Scores:
        raise NotImplementedError


MINE = f"{__name__}:Mine"


@pytest.mark.parametrize(
    ("spec", "policy"),
    [
        ("knorm", KNorm()),
        (" knorm ", KNorm()),
        ("knorm()", KNorm()),
        ("snapkv(window=8, kernel_size=3)", SnapKV(8, 3)),
        ("snapkv(8)", SnapKV(8)),
        ("fair(snapkv(window=4), mix=0.5)", Fair(SnapKV(4), 0.5)),
        ("fair(base=knorm)", Fair(KNorm())),
        ("fair(fair(knorm))", Fair(Fair(KNorm()))),
        ("kvguard_policies.scores.knorm:KNorm", KNorm()),
        ("fair(kvguard_policies.scores.snapkv:SnapKV(window=2))", Fair(SnapKV(2))),
        (MINE, Mine()),
        (f"fair({MINE}(strength=1))", Fair(Mine(1))),
    ],
)
def test_a_spec_becomes_the_policy_it_describes_and_back(spec: str, policy: Policy) -> None:
    loaded = load(spec)
    assert loaded == policy
    assert load(loaded.spec) == policy
    PolicySpec.read(spec)


@pytest.mark.parametrize("name", [name for name in names() if name not in ("fair", "keep")])
def test_every_name_loads_as_itself(name: str) -> None:
    assert load(name).spec.startswith(name)
    assert load(load(name).spec) == load(name)


def test_defaults_are_left_out_of_the_canonical_spec() -> None:
    assert load("snapkv( window = 16, kernel_size=7 )").spec == "snapkv(kernel_size=7)"
    assert load("fair(knorm, mix=1.0)").spec == "fair(knorm)"
    assert load(MINE).spec == MINE


def test_the_former_name_of_the_pooling_width_is_still_read() -> None:
    assert load("snapkv(window=8, kernel=3)") == load("snapkv(window=8, kernel_size=3)") == SnapKV(8, 3)
    assert load("fair(snapkv(kernel=7))").spec == "fair(snapkv(kernel_size=7))"
    assert load("snapkv(kernel=5)").spec == "snapkv"


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            "snapkw",
            r"^Unknown policy 'snapkw'\. Did you mean 'snapkv'\? Known: adakv, .*tova; your own: package.module",
        ),
        ("fair(knrm)", r"Unknown policy 'knrm' in 'fair\(knrm\)'\. Did you mean 'knorm'\?"),
        ("zzz", r"^Unknown policy 'zzz'\. Known: "),
        ("snapkv(windw=3)", r"cannot be created: .*windw.*Its options: window, kernel_size\."),
        (
            "snapkv(window=0)",
            r"'snapkv\(window=0\)' cannot be created: window=0 is below 1; a window holds at least one",
        ),
        ("snapkv(kernel_size=4)", r"kernel_size=4 is not an odd number of 1 or more; write e\.g\. kernel_size=5"),
        ("snapkv(kernel=4)", r"kernel_size=4 is not an odd number of 1 or more; write e\.g\. kernel_size=5"),
        ("pyramidkv(knorm, window=0)", r"window=0 is below 1"),
        ("pyramidkv(knorm, beta=0)", r"beta=0 is below 1; write beta >= 1"),
        ("adakv(knorm, safeguard=2)", r"safeguard=2 is outside 0\.\.1"),
        ("streaming_llm(sinks=-1)", r"sinks=-1 is negative; write 0 or more"),
        ("expected_attention(future=0)", r"write future >= 1 and sinks >= 0"),
        ("knorm(3)", r"cannot be created: .*It has no options\."),
        ("fair", r"cannot be created: .*base.*Its options: base, mix\."),
        ("keep(3)", r"keep\(3\) wraps no policy; write e\.g\. keep\(snapkv\)"),
        ("snapkv(", r"'snapkv\(' cannot be read. Write a name, .*quote it for the shell"),
        ("", r"'' cannot be read"),
        ("3", r"'3' cannot be read"),
        ("snapkv(window=1+1)", r"'1 \+ 1' in .* is neither a number, a string nor a policy"),
        ("snapkv(window={[]: 1})", r"is neither a number, a string nor a policy"),
        ("(lambda: 1)()", r"cannot be read near"),
        ("no.such.module:Thing", r"cannot be imported: No module named 'no'.*python -m pytest"),
        (f"{__name__}:Missing", r"cannot be imported: .*Missing"),
    ],
)
def test_the_error_of_a_wrong_spec_says_what_to_write(spec: str, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        load(spec)


@pytest.mark.parametrize("spec", ["snapkw", "fair(knrm)", "snapkv("])
def test_names_and_grammar_are_checked_without_loading(spec: str) -> None:
    with pytest.raises(SpecError):
        PolicySpec.read(spec)


def test_policies_of_installed_packages_load_by_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    installed = [EntryPoint("mine", MINE, table.ENTRY_POINT_GROUP)]
    monkeypatch.setattr(table, "entry_points", lambda group: installed if group == "kvguard_policies" else [])
    assert "mine" in names()
    assert load("fair(mine(strength=2))") == Fair(Mine(2))
    with pytest.raises(SpecError, match="Did you mean 'mine'"):
        load("mime")


def test_a_module_name_with_commas_and_parentheses_is_split_at_the_top_level_only() -> None:
    assert split_specs("knorm, fair(snapkv(window=1, kernel_size=3), mix=0.5),, tova") == [
        "knorm",
        "fair(snapkv(window=1, kernel_size=3), mix=0.5)",
        "tova",
    ]
    assert split_specs("") == []


@pytest.mark.parametrize(("text", "ratio"), [("0.9", Fraction(9, 10)), (" 1/3 ", Fraction(1, 3)), ("0", Fraction(0))])
def test_a_ratio_is_read_exactly_as_written(text: str, ratio: Fraction) -> None:
    assert parse_ratio(text) == ratio


@given(st.decimals(0, 1, places=4).filter(lambda ratio: ratio < 1))
def test_every_decimal_is_read_exactly(ratio) -> None:  # type: ignore[no-untyped-def]
    assert parse_ratio(str(ratio)) == Fraction(ratio)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("half", "The ratio 'half' is not a number. Write the fraction of entries to remove, e.g. --ratio=0.5."),
        ("1/0", "The ratio '1/0' is not a number"),
        ("nan", "The ratio 'nan' is not a number"),
        ("50", "The ratio 50 is outside 0 <= r < 1; it is the fraction of entries to remove. Did you mean 0.5?"),
        ("1", "The ratio 1 is outside 0 <= r < 1; it is the fraction of entries to remove."),
        ("-0.1", "The ratio -0.1 is outside"),
    ],
)
def test_the_error_of_a_wrong_ratio_says_what_to_write(text: str, message: str) -> None:
    with pytest.raises(SpecError) as refused:
        parse_ratio(text)
    assert str(refused.value).startswith(message)


def test_policy_and_spec_errors_are_value_errors() -> None:
    assert issubclass(PolicyError, ValueError) and issubclass(SpecError, ValueError)


@pytest.mark.parametrize(
    ("spec", "quantized", "alone"),
    [
        ("kivi", True, True),
        ("kivi(bits=2)", True, True),
        ("kivi(snapkv, bits=2)", True, False),
        ("kivi(base=snapkv)", True, False),
        ("snapkv", False, False),
        ("keep(snapkv)", False, False),
        (MINE, False, False),
    ],
)
def test_a_spec_says_whether_it_quantizes_and_whether_it_evicts(spec: str, quantized: bool, alone: bool) -> None:
    assert (PolicySpec(spec).quantizes, PolicySpec(spec).ignores_ratio) == (quantized, alone)
    assert (load(spec).quantizes, load(spec).evicts) == (quantized, not alone)


@pytest.mark.parametrize("name", tuple(map(installed_or_skipped, quantizer_names())))
def test_every_quantizer_loads_as_itself(name: str) -> None:
    assert load(name).spec == name and load(load(f"{name}(knorm)").spec) == load(f"{name}(knorm)")


def test_names_inside_a_press_are_not_policies_of_this_package() -> None:
    spec = "keep(kvpress:AdaKVPress(SnapKVPress(window_size=16), 0.3))"
    PolicySpec.read(spec)
    assert PolicySpec(spec).targets == ("kvguard_policies.modifiers.keep:Keep", "kvpress:AdaKVPress")
    assert PolicySpec("fair(kvpress:KnormPress)").targets[1] == "kvpress:KnormPress"
    with pytest.raises(SpecError, match="Unknown policy 'snapkb'"):
        PolicySpec.read("keep(snapkb(kvpress:KnormPress))")
