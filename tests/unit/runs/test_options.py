"""The table of options: few on the command line, each with a line of help, in a few headed groups."""

from __future__ import annotations

import re

import pytest

from pytest_kvguard.runs.options import GROUPS, OPTIONS, Option, option_help, option_named

MOST_ON_THE_COMMAND_LINE = 47
ON_COMMAND_LINE = [option for option in OPTIONS if option.strings]
NAMES = [option.name for option in OPTIONS]


def test_the_command_line_has_few_enough_options_to_be_read() -> None:
    assert len(ON_COMMAND_LINE) <= MOST_ON_THE_COMMAND_LINE


def test_no_name_and_no_spelling_is_used_twice() -> None:
    spellings = [string for option in OPTIONS for string in option.strings]
    assert len(set(spellings)) == len(spellings)
    assert len(set(NAMES)) == len(NAMES)


@pytest.mark.parametrize("option", OPTIONS, ids=NAMES)
def test_every_option_says_in_one_line_what_it_does(option: Option) -> None:
    text = option_help(option)
    assert text and "\n" not in text and not text.endswith(".") and "{" not in text
    assert len(text) <= 120


@pytest.mark.parametrize("option", OPTIONS, ids=NAMES)
def test_every_value_has_a_name_to_be_called_by(option: Option) -> None:
    assert option.is_flag == (option.metavar == "")


@pytest.mark.parametrize("option", OPTIONS, ids=NAMES)
def test_every_name_is_one_for_ini_files_and_every_spelling_one_for_the_command_line(option: Option) -> None:
    assert re.fullmatch(r"kv(_[a-z]+)+", option.name)
    assert option.key == option.name.removeprefix("kv_")
    assert all(re.fullmatch(r"--[a-z]+(-[a-z]+)*", string) for string in option.strings)


def test_every_option_of_the_command_line_stands_in_a_headed_group_and_no_group_is_empty() -> None:
    assert {option.group for option in ON_COMMAND_LINE} == set(GROUPS)
    headings = [heading for heading, _ in GROUPS.values()]
    assert all(heading.startswith("kvguard") for heading in headings) and len(set(headings)) == len(headings)


def test_the_options_of_a_group_stand_together_the_ten_to_know_first_before_all() -> None:
    groups = [option.group for option in ON_COMMAND_LINE]
    assert groups == sorted(groups, key=list(GROUPS).index)
    assert groups.count("first") == 10


def test_spellings_follow_from_the_name_and_some_have_a_shorter_one() -> None:
    assert option_named("kv_store_dir").strings == ("--kv-store-dir",)
    assert option_named("kv_ratio").strings == ("--ratio", "--kv-ratio")
    assert option_named("kv_ifeval_limit").strings == ("--kv-ifeval-limit", "--kv-limit")


def test_what_only_tunes_is_left_to_the_ini_file_and_called_by_its_name() -> None:
    tuning = option_named("kv_endpoint_timeout")
    assert (tuning.strings, tuning.string) == ((), "kv_endpoint_timeout")
    assert option_named("kv_ratio").string == "--ratio"


def test_help_names_what_other_tables_hold() -> None:
    assert "llama.cpp or vllm" in option_help(option_named("kv_launch"))
    assert "bfloat16" in option_help(option_named("kv_null"))
    assert "kept" in option_help(option_named("kv_golden_level"))
