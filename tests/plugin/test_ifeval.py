"""``--kv-ifeval``: rows as items, bad rows, selection, and the table of families."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from tests.plugin.conftest import Guard

USAGE_ERROR = int(pytest.ExitCode.USAGE_ERROR)
NAME, ASK = "What is your name?", "What do you sell?"
OBEYS = {NAME: "my name is the quiet helper of this little shop", ASK: "bread and cake"}
FORGETS = {NAME: "My name is the quiet helper of this little shop, and more", ASK: "bread, cake"}


def row(key: int, user: str, *instructions: tuple[str, dict[str, Any]]) -> str:
    return json.dumps(
        {
            "key": key,
            "instruction_id_list": [name for name, _ in instructions],
            "kwargs": [kwargs for _, kwargs in instructions],
            "messages": [{"role": "system", "content": f"Rules of {key}."}, {"role": "user", "content": user}],
        }
    )


ROWS = (
    row(7, NAME, ("change_case:english_lowercase", {}), ("keywords:existence", {"keywords": ["name"]})),
    row(8, ASK, ("punctuation:no_comma", {})),
)


@pytest.fixture
def rows(guard: Guard) -> Path:
    """Two rows that the uncompressed model obeys; under snapkv it obeys only one rule."""
    guard.replies(OBEYS, snapkv=FORGETS)
    path = guard.pytester.path / "rows.jsonl"
    path.write_text("\n".join(ROWS) + "\n", encoding="utf-8")
    return path


def test_a_row_has_an_item_per_instruction(guard: Guard, rows: Path) -> None:
    assert guard.node_ids("--kv-ifeval=rows.jsonl", "--kv-policy=snapkv") == [
        "rows.jsonl::7::change_case:english_lowercase[snapkv-0.5]",
        "rows.jsonl::7::keywords:existence[snapkv-0.5]",
        "rows.jsonl::8::punctuation:no_comma[snapkv-0.5]",
    ]


def test_the_run_ends_with_the_adherence_of_every_family(guard: Guard, rows: Path) -> None:
    result = guard.run("--kv-ifeval=rows.jsonl", "--kv-policy=snapkv")
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(
        [
            "*contract*instruction*HELD*LOST*",
            "*rows*change_case:english_lowercase*1*",
            "IFEval adherence by family: snapkv 0.5",
            "*family*checks*uncompressed*compressed*floor*above floor*",
            "*change_case*1*100%*0%*0%*+100 → +0*",
            "*keywords*1*100%*100%*0%*+100 → +100*",
            "*punctuation*1*100%*0%*60%*+40 → -60*",
            "*all*3*100%*33%*20%*+80 → +13*",
        ]
    )


def test_a_lost_instruction_names_its_line_and_a_command_that_runs_it_alone(guard: Guard, rows: Path) -> None:
    screen = guard.screen(
        "--kv-ifeval=rows.jsonl", "--kv-policy=snapkv", "-o", "kv_ifeval_tokens=32", "--kv-ifeval-limit=2"
    )
    assert "instruction   rows.jsonl:2\n    | Rules of 8." in screen
    assert "check         IFEval punctuation:no_comma: comma in 'bread,'" in screen
    commands = [shlex.split(line.split(maxsplit=1)[1]) for line in screen.splitlines() if line.startswith("  rerun")]
    assert commands[1][1] == "--kv-ifeval=rows.jsonl::8::punctuation:no_comma[snapkv-0.5]"
    assert commands[1][-2:] == ["-o", "kv_ifeval_tokens=32"]
    guard.run(*commands[1][1:]).assert_outcomes(failed=1)


def test_the_rerun_command_repeats_typed_options_that_override_the_ini_file(guard: Guard, rows: Path) -> None:
    guard.pytester.makeini("[pytest]\nkv_ifeval_mode = loose\nkv_ifeval_tokens = 64\n")
    typed = ("--kv-ifeval-mode=strict", "--kv-ifeval-limit=1", "-o", "kv_ifeval_tokens=256")
    screen = guard.screen("--kv-ifeval=rows.jsonl", "--kv-policy=snapkv", *typed)
    command = next(line for line in screen.splitlines() if "  rerun " in line)
    assert command.endswith("--kv-policy=snapkv --ratio=0.5 --kv-ifeval-mode=strict -o kv_ifeval_tokens=256")


def test_every_instruction_of_a_row_has_the_keep_rate_of_the_rows_text(guard: Guard, rows: Path) -> None:
    guard.replies(OBEYS, snapkv={**OBEYS, NAME: "my helper is quiet"})
    screen = guard.screen("--kv-ifeval=rows.jsonl::7::keywords:existence[snapkv-0.5]", "--kv-policy=snapkv")
    assert "kept          50% of the instruction's 10 tokens" in screen


def test_a_bad_row_fails_its_own_item_with_its_line(guard: Guard, rows: Path) -> None:
    bad = ROWS[1].replace("no_comma", "no_coma")
    rows.write_text("\n".join([ROWS[0], bad, "{", ROWS[1]]), encoding="utf-8")
    result = guard.run("--kv-ifeval=rows.jsonl", "--kv-policy=snapkv")
    result.assert_outcomes(passed=1, failed=4)
    result.stdout.fnmatch_lines(
        [
            "rows.jsonl:2: unknown instruction 'punctuation:no_coma'. Did you mean 'punctuation:no_comma'?",
            "rows.jsonl:3: not JSON: *",
            "FAILED rows.jsonl::line2 - *",
        ]
    )


def test_loose_checking_is_an_option(guard: Guard, rows: Path) -> None:
    wrapped = {**OBEYS, NAME: f"Sure:\n{OBEYS[NAME]}"}
    guard.replies(OBEYS, snapkv=wrapped)
    guard.run("--kv-ifeval=rows.jsonl", "--kv-policy=snapkv").assert_outcomes(passed=2, failed=1)
    guard.run("--kv-ifeval=rows.jsonl", "--kv-policy=snapkv", "--kv-ifeval-mode=loose").assert_outcomes(passed=3)


@pytest.mark.parametrize("option", ["--kv-ifeval-limit", "--kv-limit"], ids=["present", "former"])
def test_the_limit_takes_the_first_rows(guard: Guard, rows: Path, option: str) -> None:
    assert len(guard.node_ids("--kv-ifeval=rows.jsonl", f"{option}=1")) == 2


def test_a_typed_file_runs_alone_and_joins_typed_paths(guard: Guard, rows: Path) -> None:
    alone = guard.node_ids("--kv-ifeval=rows.jsonl")
    assert all(line.startswith("rows.jsonl") for line in alone)
    both = guard.node_ids("shop.kv.yaml", "--kv-ifeval=rows.jsonl")
    assert len(both) == len(alone) + 3


def test_a_file_in_the_ini_file_runs_only_if_no_path_is_typed(guard: Guard, rows: Path) -> None:
    guard.pytester.makeini("[pytest]\nkv_ifeval = rows.jsonl\nkv_ifeval_limit = 1\n")
    assert len(guard.node_ids()) == 3 + 2
    assert len(guard.node_ids("shop.kv.yaml")) == 3


def test_other_jsonl_files_are_left_alone(guard: Guard, rows: Path) -> None:
    (guard.pytester.path / "other.jsonl").write_text("{", encoding="utf-8")
    assert len(guard.node_ids(".", "--kv-ifeval=rows.jsonl")) == 6


def test_a_file_outside_the_root_folder_has_readable_ids(guard: Guard, rows: Path) -> None:
    inner = guard.pytester.mkdir("inner")
    (inner / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(inner)
        ids = guard.node_ids("--kv-ifeval=../rows.jsonl", "--kv-ifeval-limit=1")
    assert ids[0] == "../rows.jsonl::7::change_case:english_lowercase[uncompressed]"


def test_a_contract_with_an_ifeval_check_is_in_the_table_too(guard: Guard) -> None:
    shop = (guard.pytester.path / "shop.kv.yaml").read_text(encoding="utf-8")
    guard.contract(shop.replace("{lowercase: true}", '{ifeval: "change_case:english_lowercase"}'))
    guard.run("--kv-policy=snapkv").stdout.fnmatch_lines(["IFEval adherence by family: *", "*change_case*1*"])


DRAWN = """
from pytest_kvguard.backends.scripted import Scripted

def answer(request):
    said = "my name is the quiet helper of this little shop"
    return said.upper() if request.policy != "none" and request.seed == 0 else said

def pytest_kvguard_backend(config):
    return Scripted(answer)
"""


def test_the_table_counts_every_seed_but_no_attacks_searches_or_other_rules(guard: Guard) -> None:
    shop = (guard.pytester.path / "shop.kv.yaml").read_text(encoding="utf-8")
    shop = shop.replace("{lowercase: true}", '{contains: "x", ifeval: "change_case:english_lowercase"}')
    shop = shop.replace(
        'no_leak: {canary: "KX-4471"}', 'no_leak: {canary: "KX-4471"}\n      check: {ifeval: "punctuation:no_comma"}'
    )
    more = "attacks: [direct-1]\ngenerate: {temperature: 0.7, seeds: 4}\n"
    search = "orderings: {sample: 0, search: 2, budget_tokens: 9000, shrink_tokens: 0}\n"
    guard.contract(shop + more + search)
    guard.pytester.makeconftest(DRAWN)
    guard.run("--kv-policy=snapkv").stdout.fnmatch_lines(
        [
            "IFEval adherence by family: *",
            "*change_case*4*100%*75%*",
            "*punctuation*4*100%*100%*",
            "*all*8*100%*88%*",
        ]
    )


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--kv-ifeval=missing.jsonl"], "*--kv-ifeval=missing.jsonl: *missing.jsonl is not a file.*"),
        (["--kv-ifeval="], "*--kv-ifeval names no file. Write e.g. --kv-ifeval=rows.jsonl --kv-ifeval-limit=20.*"),
        (["--kv-ifeval-limit=3"], "*--kv-ifeval names no file.*"),
        (
            ["--kv-ifeval=rows.jsonl", "--kv-ifeval-limit=0"],
            "*--kv-ifeval-limit=0 is not a whole number of 1 or more.*",
        ),
        (["--kv-ifeval=rows.jsonl", "-o", "kv_ifeval_tokens=x"], "*kv_ifeval_tokens=x is not a whole number*"),
        (["--kv-ifeval=rows.jsonl", "--kv-ifeval-mode=lose"], "*Unknown --kv-ifeval-mode=lose. Did you mean 'loose'?*"),
    ],
)
def test_a_wrong_option_is_a_usage_error_with_a_remedy(guard: Guard, rows: Path, args: list[str], message: str) -> None:
    result = guard.run(*args)
    assert result.ret == USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {message}"])
