"""The command that runs one item again."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace

import pytest
from pytest_kvguard.reports.rerun import rerun_command

from pytest_kvguard.contract.model import Gate
from pytest_kvguard.values.results import CaseId

NODE = "shop.kv.yaml::opening::hours[snapkv-0.5]"


@dataclass(frozen=True)
class Options:
    kernels: tuple[str, ...] = ("sdpa",)
    scope: str = "context"
    model: str = "smolguard"
    device: str = "cpu"
    dtype: str = "float32"
    seed: int = 0
    null: str = "auto"
    typed_gate: Gate = Gate()
    strict: bool = False
    no_shrink: bool = False
    trust_remote_code: bool = False
    typed: frozenset[str] = frozenset()


def test_defaults_are_left_out(case: CaseId) -> None:
    assert rerun_command(NODE, Options(), case) == f"pytest '{NODE}' --kv-policy=snapkv --ratio=0.5"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (Options(scope="prompt"), ["--kv-scope=prompt"]),
        (Options(model="/my models/m"), ["--kv-model=/my models/m"]),
        (Options(device="cuda:0", dtype="bfloat16"), ["--kv-device=cuda:0", "--kv-dtype=bfloat16"]),
        (Options(seed=3), ["--kv-seed=3"]),
        (Options(null="kernel"), ["--kv-null=kernel"]),
        (Options(typed_gate=Gate(max_lost=0, max_drop=0.1)), ["--kv-max-lost=0", "--kv-max-drop=0.1"]),
        (Options(strict=True, trust_remote_code=True), ["--kv-strict", "--kv-trust-remote-code"]),
        (Options(no_shrink=True), ["--kv-no-shrink"]),
        (Options(kernels=("eager",)), ["--kv-attn=eager"]),
        (Options(typed=frozenset({"scope", "attn", "policy"})), ["--kv-attn=sdpa", "--kv-scope=context"]),
        (Options(kernels=("sdpa", "eager")), ["--kv-attn=sdpa,eager"]),
    ],
)
def test_what_is_no_default_or_was_typed_is_repeated(case: CaseId, options: Options, words: list[str]) -> None:
    plain = ["pytest", NODE, "--kv-policy=snapkv", "--ratio=0.5"]
    assert shlex.split(rerun_command(NODE, options, case)) == plain + words


def test_specs_survive_the_shell(case: CaseId) -> None:
    spec = "fair(snapkv(window=16, kernel=5))"
    words = shlex.split(rerun_command(NODE, Options(), replace(case, policy=spec)))
    assert f"--kv-policy={spec}" in words


def test_an_uncompressed_run_says_so_in_case_the_ini_file_names_a_policy(case: CaseId) -> None:
    words = shlex.split(rerun_command(NODE, Options(), replace(case, policy="none", ratio="0")))
    assert words == ["pytest", NODE, "--kv-policy=none"]


def test_what_an_item_needs_to_be_collected_stands_in_its_command(case: CaseId) -> None:
    words = shlex.split(rerun_command(f"--kv-ifeval={NODE}", Options(strict=True), case, ("--kv-ifeval-mode=loose",)))
    assert words[1] == f"--kv-ifeval={NODE}"
    assert words[-2:] == ["--kv-ifeval-mode=loose", "--kv-strict"]
