"""A typed value wins over the ini file, and that over the default; a malformed value is answered with a remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_kvguard.errors import UsageError
from pytest_kvguard.runs.given import GivenOptions

BOTH = GivenOptions(
    typed={"kv_seed": ("3",), "kv_endpoint": ("a=http://a", "b=http://b"), "kv_strict": ()},
    configured={"kv_seed": ("5",), "kv_model": ("smollm2",), "kv_no_store": ("true",)},
)


def given(**values: object) -> GivenOptions:
    return GivenOptions.of({f"kv_{name}": value for name, value in values.items()})


def test_what_is_typed_wins_over_the_ini_file_and_that_over_the_default() -> None:
    assert (BOTH.one("kv_seed"), BOTH.one("kv_model"), BOTH.one("kv_device")) == ("3", "smollm2", "cpu")
    assert (BOTH.is_typed("kv_seed"), BOTH.is_typed("kv_model")) == (True, False)


def test_an_option_that_may_be_given_often_keeps_its_values_in_order() -> None:
    assert BOTH.every("kv_endpoint") == ("a=http://a", "b=http://b")
    assert (BOTH.every("kv_model"), BOTH.every("kv_report")) == (("smollm2",), ())
    assert given(seed=[1, 2]).one("kv_seed") == "2", "of others the last one counts"


@pytest.mark.parametrize(("text", "is_on"), [("true", True), ("1", True), ("Yes", True), ("off", False), ("", False)])
def test_a_flag_is_set_by_being_typed_or_by_a_word_of_the_ini_file(text: str, is_on: bool) -> None:
    assert BOTH.is_on("kv_strict") and BOTH.is_on("kv_no_store") and not BOTH.is_on("kv_no_shrink")
    assert GivenOptions(configured={"kv_strict": (text,)}).is_on("kv_strict") is is_on


def test_arguments_of_a_caller_are_typed_options() -> None:
    given_options = GivenOptions.of(
        {
            "kv_seed": 0,
            "kv_strict": True,
            "kv_no_store": False,
            "kv_model": None,
            "kv_ratio": [0.25, "1/2"],
            "kv_policy": [],
        }
    )
    assert given_options.typed == {"kv_seed": ("0",), "kv_strict": ("True",), "kv_ratio": ("0.25", "1/2")}
    assert given_options.is_on("kv_strict")


def test_a_typed_path_starts_where_it_was_typed_and_a_configured_one_at_its_file() -> None:
    folders = {"typed_folder": Path("/here"), "configured_folder": Path("/project")}
    typed = GivenOptions(typed={"kv_store_dir": ("store",)}, **folders)
    configured = GivenOptions(configured={"kv_store_dir": ("store",)}, **folders)
    assert (typed.path("kv_store_dir"), configured.path("kv_store_dir")) == (
        Path("/here/store"),
        Path("/project/store"),
    )
    assert GivenOptions(**folders).path("kv_store_dir") is None
    assert GivenOptions(**folders).path("kv_golden_dir") == Path("/project/golden")
    assert GivenOptions(typed={"kv_store_dir": ("~/store",)}).path("kv_store_dir") == Path.home() / "store"
    assert typed.path("kv_store_dir", "other") == Path("/here/other")


def test_a_choice_is_one_of_those_allowed() -> None:
    assert given(scope="prompt").choice("kv_scope", ("context", "prompt")) == "prompt"
    with pytest.raises(UsageError) as refused:
        given(scope="promt").choice("kv_scope", ("context", "prompt"))
    assert str(refused.value) == "Unknown --kv-scope=promt. Did you mean 'prompt'? Allowed: context, prompt."


def test_numbers_are_read_as_written() -> None:
    assert given(ifeval_limit="12").count("kv_ifeval_limit") == 12
    assert given(store_mib="0").count("kv_store_mib", least=0) == 0
    assert given(endpoint_rate="1/4").number("kv_endpoint_rate", 0) == 0.25
    assert given(faults_min="0.95").number("kv_faults_min", 0, 1) == 0.95


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "many", "", "²"])
def test_a_count_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        given(ifeval_limit=text).count("kv_ifeval_limit")
    assert str(refused.value) == f"--kv-ifeval-limit={text} is not a whole number of 1 or more."


@pytest.mark.parametrize("text", ["-0.1", "1.1", "nan", "inf", "1/0", "much"])
def test_a_number_out_of_range_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        given(faults_min=text).number("kv_faults_min", 0, 1)
    assert str(refused.value) == f"kv_faults_min={text} is not a number from 0 to 1."
    with pytest.raises(UsageError, match="is not a number of 2 or more"):
        given(endpoint_rate=text).number("kv_endpoint_rate", 2)
