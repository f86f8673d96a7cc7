"""Rerun commands repeat the typed options, and no others."""

from __future__ import annotations

import shlex

import pytest

from pytest_kvguard.runs.cells import read_cells, server_cells
from pytest_kvguard.runs.given import GivenOptions
from pytest_kvguard.runs.options import OPTIONS
from pytest_kvguard.runs.rerun import rerun_command
from pytest_kvguard.values.cell import Cell

NODE = "shop.kv.yaml::opening::hours[snapkv-0.5]"
SNAPKV = Cell.of("snapkv", "0.5")
PLAIN = ["pytest", NODE, "--kv-policy=snapkv", "--ratio=0.5"]


def words(given: GivenOptions, *cells: Cell, extra: tuple[str, ...] = ()) -> list[str]:
    return shlex.split(rerun_command([NODE], given, cells or (SNAPKV,), extra))


def typed(**values: object) -> GivenOptions:
    return GivenOptions.of({f"kv_{name}": value for name, value in values.items()})


def test_a_command_names_the_item_and_its_cell_in_quotes_where_the_shell_needs_them() -> None:
    assert rerun_command([NODE], GivenOptions(), [SNAPKV]) == f"pytest '{NODE}' --kv-policy=snapkv --ratio=0.5"
    spec = "fair(snapkv(window=16, kernel=5))"
    command = rerun_command(["my cases/a.kv.yaml"], GivenOptions(), [Cell.of(spec, "1/3")])
    assert command == f"pytest 'my cases/a.kv.yaml' '--kv-policy={spec}' --ratio=1/3"


@pytest.mark.parametrize(
    ("given", "repeated"),
    [
        (typed(scope="prompt"), ["--kv-scope=prompt"]),
        (typed(model="/my models/m"), ["--kv-model=/my models/m"]),
        (typed(device="cuda:0", dtype="bfloat16"), ["--kv-device=cuda:0", "--kv-dtype=bfloat16"]),
        (typed(seed=3), ["--kv-seed=3"]),
        (typed(null="kernel"), ["--kv-null=kernel"]),
        (typed(max_lost="0", max_drop="0.10"), ["--kv-max-lost=0", "--kv-max-drop=0.10"]),
        (typed(strict=True, trust_remote_code=True), ["--kv-strict", "--kv-trust-remote-code"]),
        (typed(no_shrink=True, ifeval_mode="loose"), ["--kv-ifeval-mode=loose", "--kv-no-shrink"]),
        (typed(scope="context", policy="tova,snapkv", ratio="0.25,0.5"), ["--kv-scope=context"]),
        (typed(executor="ray", golden_dir="mine"), ["--kv-executor=ray", "--kv-golden-dir=mine"]),
        (typed(ifeval_tokens="64", judge_timeout="5"), ["-o", "kv_ifeval_tokens=64", "-o", "kv_judge_timeout=5"]),
        (typed(model=["smollm2", "smolguard"]), ["--kv-model=smolguard"]),
    ],
)
def test_what_was_typed_is_repeated_be_it_the_default(given: GivenOptions, repeated: list[str]) -> None:
    assert words(given) == PLAIN + repeated


def test_every_option_that_a_rerun_needs_is_repeated_and_no_other() -> None:
    given = GivenOptions({option.name: () if option.is_flag else ("1",) for option in OPTIONS})
    command = " ".join(words(given))
    for option in OPTIONS:
        if not option.chooses_cell:
            word = option.string if option.is_flag else f"{option.string}=1"
            assert (f" {word}" in command) is option.is_rerun, option.name


def test_values_of_an_ini_file_are_not_repeated_for_pytest_reads_them_again() -> None:
    given = GivenOptions(configured={"kv_model": ("smollm2",), "kv_scope": ("prompt",), "kv_strict": ("true",)})
    assert words(given) == PLAIN


def test_an_uncompressed_cell_says_so_in_case_the_ini_file_names_a_policy() -> None:
    assert words(GivenOptions(), Cell()) == ["pytest", NODE, "--kv-policy=none"]


def test_a_kernel_is_named_where_it_is_not_the_usual_one_or_others_might_be_run() -> None:
    assert words(GivenOptions(), Cell.of("snapkv", "0.5", "eager")) == [*PLAIN, "--kv-attn=eager"]
    assert words(typed(attn="sdpa,eager")) == [*PLAIN, "--kv-attn=sdpa"]
    assert words(GivenOptions(configured={"kv_attn": ("eager",)})) == [*PLAIN, "--kv-attn=sdpa"]


@pytest.mark.parametrize(
    "values",
    [
        {"policy": "tova,fair(snapkv(window=8, kernel=3))", "ratio": "0.75,1/3", "attn": "eager,sdpa"},
        {"policy": "snapkv,kivi,static", "ratio": "0.25,0.5"},
        {"policy": "kivi,static"},
        {"policy": "knorm,tova", "cache": "kivi(bits=4),fp8", "ratio": "0.5"},
        {"cache": "static,sliding(window=8)"},
        {"attn": "sdpa,eager"},
        {},
    ],
)
def test_the_cells_of_a_gate_are_all_run_again_and_no_others(values: dict[str, str]) -> None:
    cells = read_cells(typed(**values))
    read = {"--kv-policy": "kv_policy", "--ratio": "kv_ratio", "--kv-attn": "kv_attn"}
    pairs = (word.split("=", 1) for word in words(typed(**values), *cells)[2:])
    assert read_cells(GivenOptions({read[option]: (text,) for option, text in pairs})) == cells


def test_a_policy_that_holds_its_cache_is_not_put_into_the_ini_files_once_more() -> None:
    given = GivenOptions(configured={"kv_cache": ("kivi",)})
    command = words(given, Cell.of("kivi(snapkv)", "0.5"))
    assert command == ["pytest", NODE, "--kv-policy=kivi(snapkv)", "--ratio=0.5", "-o", "kv_cache="]
    again = GivenOptions({"kv_policy": ("kivi(snapkv)",)}, {"kv_cache": ("",)})
    assert [cell.label for cell in read_cells(again)] == ["kivi(snapkv) 0.5"]


def test_servers_are_asked_again_the_items_own_and_the_ones_it_is_compared_with() -> None:
    given = typed(
        endpoint=["q8=http://a/v1", "q4=http://b/v1"], baseline_endpoint="http://c/v1", null_endpoint="http://d/v1"
    )
    repeated = ["--kv-baseline-endpoint=http://c/v1", "--kv-null-endpoint=http://d/v1"]
    assert words(given, *server_cells(["q4"])) == ["pytest", NODE, "--kv-endpoint=q4=http://b/v1", *repeated]
    both = ["--kv-endpoint=q8=http://a/v1", "--kv-endpoint=q4=http://b/v1"]
    assert words(given, *server_cells(["q8", "q4"])) == ["pytest", NODE, *both, *repeated]
    assert words(typed(baseline_endpoint="http://c/v1"), *server_cells([])) == ["pytest", NODE, repeated[0]]


def test_a_server_without_a_name_is_named_as_it_was_typed() -> None:
    given = typed(endpoint="http://a/v1", baseline_endpoint="http://c/v1")
    assert words(given, *server_cells(["endpoint"]))[2] == "--kv-endpoint=http://a/v1"


def test_servers_are_started_again_with_the_items_cache_type() -> None:
    given = typed(launch="llama.cpp", server_cache="q8_0,q4_0", server_python="/venv/bin/python", model="m.gguf")
    repeated = ["--kv-model=m.gguf", "--kv-launch=llama.cpp", "--kv-server-python=/venv/bin/python"]
    assert words(given, *server_cells(["q4_0"])) == ["pytest", NODE, "--kv-server-cache=q4_0", *repeated]
    configured = GivenOptions(configured={"kv_launch": ("vllm",)})
    assert words(configured, *server_cells(["fp8"])) == ["pytest", NODE, "--kv-server-cache=fp8"]


def test_passwords_in_urls_are_left_out() -> None:
    given = typed(
        endpoint=["q4=https://me:sesame@b/v1"],
        baseline_endpoint="https://me:sesame@c/v1",
        null_endpoint="https://sesame@d/v1",
        judge="HTTP://me:sesame@judge/v1",
    )
    command = rerun_command([NODE], given, server_cells(["q4"]))
    assert "sesame" not in command and "me:" not in command
    assert (
        "--kv-endpoint=q4=https://b/v1 --kv-baseline-endpoint=https://c/v1 --kv-null-endpoint=https://d/v1" in command
    )
    assert "://judge/v1" in command


@pytest.mark.parametrize("model", [r"C:\Models\m", "models/what?", "models/m#", "//[share/m"])
def test_what_is_no_url_is_repeated_to_the_letter(model: str) -> None:
    assert words(typed(model=model))[-1] == f"--kv-model={model}"


def test_what_an_item_needs_beside_its_options_stands_last() -> None:
    given = typed(strict=True, golden="check", report="json:x.json")
    assert words(given, extra=("--kv-golden=update",)) == [*PLAIN, "--kv-strict", "--kv-golden=update"]
    paths = shlex.split(rerun_command(["a.kv.yaml", "b.kv.yaml"], GivenOptions(), [SNAPKV]))
    assert paths[:3] == ["pytest", "a.kv.yaml", "b.kv.yaml"]
