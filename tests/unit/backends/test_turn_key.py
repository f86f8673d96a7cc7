"""Keys change with everything on which a reply depends, and with nothing else."""

from __future__ import annotations

import importlib
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path

import pytest

from kvguard_policies.spec import PolicySpec
from pytest_kvguard.backends import code_digest, turn_key
from pytest_kvguard.backends.protocol import TurnRequest
from pytest_kvguard.backends.turn_key import TurnKeys
from pytest_kvguard.contract.model import Block, Contract, Gate, Generate, Instruction, Probe
from pytest_kvguard.values.cell import Cell

PARTS = (
    Instruction("hours", "The shop opens at 9:30.", checks=(("contains", "9:30"),)),
    Block("history", "Earlier they asked for tyres."),
    Instruction("tone", "Write in lowercase."),
)
CONTRACT = Contract("shop", Path("shop.kv.yaml"), "You help.", PARTS, (Probe("opening", ("When?",)),))
REQUEST = TurnRequest(CONTRACT, ("hours", "tone"), ("Hi!", "When?"), ("Hello.",), Cell.of("snapkv", "0.5"), "context")
KEYS = TurnKeys("weights", "float32", "cpu")


def test_a_model_that_is_spread_has_keys_of_its_own() -> None:
    spread = TurnKeys("weights", "float32", "auto")
    assert spread.turn(REQUEST) == TurnKeys("weights", "float32", "auto").turn(REQUEST) != KEYS.turn(REQUEST)


def with_contract(**changes) -> TurnRequest:  # type: ignore[no-untyped-def]
    return replace(REQUEST, contract=replace(CONTRACT, **changes))


def in_cell(policy: str = "snapkv", ratio: str = "0.5", kernel: str = "sdpa") -> TurnRequest:
    return replace(REQUEST, cell=Cell.of(policy, ratio, kernel))


OTHERS = {
    "order": replace(REQUEST, order=("tone", "hours")),
    "turns": replace(REQUEST, turns=("Hi!", "Where?")),
    "replies": replace(REQUEST, replies=("Hello!",)),
    "policy": in_cell("snapkv(window=8)"),
    "ratio": in_cell(ratio="0.25"),
    "kernel": in_cell(kernel="eager"),
    "scope": replace(REQUEST, scope="prompt"),
    "seed": replace(REQUEST, seed=0),
    "null_change": replace(REQUEST, null_change="bfloat16"),
    "preamble": with_contract(preamble="You help!"),
    "text": with_contract(parts=(replace(PARTS[0], text="The shop opens at 9:31."), *PARTS[1:])),
    "block": with_contract(parts=(PARTS[0], Block("history", "Nobody asked."), PARTS[2])),
    "protected": with_contract(parts=(replace(PARTS[0], protect=True), *PARTS[1:])),
    "instruction borders": with_contract(
        parts=(Instruction("hours", f"{PARTS[0].text}\n{PARTS[1].text}"), PARTS[2]),
    ),
    "max_new_tokens": with_contract(generate=Generate(65)),
    "temperature": with_contract(generate=Generate(temperature=0.7)),
    "top_p": with_contract(generate=Generate(top_p=0.9)),
}
"""A request for each thing on which a reply depends."""

SAME = {
    "name": with_contract(name="other"),
    "file": with_contract(path=Path("other.kv.yaml")),
    "checks": with_contract(parts=(replace(PARTS[0], checks=(("contains", "9"),), line=7), *PARTS[1:])),
    "gate": with_contract(gate=Gate(max_lost=3)),
    "number of seeds": with_contract(generate=Generate(seeds=2)),
}
"""Requests after edits that need no new run."""


@pytest.mark.parametrize("what", OTHERS)
def test_the_key_changes_with_the(what: str) -> None:
    assert KEYS.turn(OTHERS[what]) != KEYS.turn(REQUEST)


def test_no_two_of_them_share_a_key() -> None:
    assert len({KEYS.turn(request) for request in OTHERS.values()}) == len(OTHERS)


def test_every_part_of_a_request_was_tried() -> None:
    parts = {field.name for field in (*fields(TurnRequest), *fields(Cell))}
    assert parts - {"contract", "cell", "server"} <= set(OTHERS), "a server's replies are not stored"


@pytest.mark.parametrize("what", SAME)
def test_the_key_does_not_change_with_the(what: str) -> None:
    assert KEYS.turn(SAME[what]) == KEYS.turn(REQUEST)


@pytest.mark.parametrize("change", [{"model": "others"}, {"dtype": "bfloat16"}], ids=str)
def test_the_key_changes_with_the_models(change: dict[str, str]) -> None:
    assert replace(KEYS, **change).turn(REQUEST) != KEYS.turn(REQUEST)


@pytest.mark.parametrize("library", turn_key.LIBRARIES)
def test_the_key_changes_with_the_version_of(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = KEYS.turn(REQUEST)
    monkeypatch.setattr(turn_key, "version_of", lambda name: "99" if name == library else "1")
    newer = KEYS.turn(REQUEST)
    monkeypatch.setattr(turn_key, "version_of", lambda name: "1")
    assert len({before, newer, KEYS.turn(REQUEST)}) == 3


def test_the_key_changes_with_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    before = KEYS.turn(REQUEST)
    monkeypatch.setattr(turn_key, "cpu_name", lambda: "abacus")
    assert KEYS.turn(REQUEST) != before


def test_the_key_changes_with_the_guards_own_code(monkeypatch: pytest.MonkeyPatch) -> None:
    before = KEYS.turn(REQUEST)
    monkeypatch.setattr(turn_key, "engine_digest", lambda: "edited")
    assert KEYS.turn(REQUEST) != before


@pytest.mark.parametrize(
    "edited",
    ["pytest_kvguard/engine/planner.py", "pytest_kvguard/values/cell.py", "kvguard_policies/scores/snapkv.py"],
)
def test_every_file_between_contract_and_reply_is_of_that_code(edited: str, tmp_path: Path) -> None:
    for package in ("pytest_kvguard", "kvguard_policies"):
        origin = Path(importlib.import_module(package).__file__ or "").parent
        for file in origin.rglob("*.py"):
            copy = tmp_path / package / file.relative_to(origin)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(file.read_bytes())
    before = digest_of_copy(tmp_path)
    assert before == code_digest.engine_digest()
    with (tmp_path / edited).open("a", encoding="utf-8") as file:
        file.write("# edited\n")
    assert digest_of_copy(tmp_path) != before


def digest_of_copy(folder: Path) -> str:
    command = "from pytest_kvguard.backends.code_digest import engine_digest; print(engine_digest())"
    environment = {"PYTHONPATH": str(folder), "PATH": ""}
    ran = subprocess.run(
        [sys.executable, "-c", command], cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
    return ran.stdout.strip()


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of modules that can be imported."""
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def key_of(spec: str) -> str | None:
    code_digest.policy_digest.cache_clear()  # as in the next run
    return KEYS.turn(in_cell(spec))


def test_the_key_changes_with_the_code_of_a_users_policy(mine: Path) -> None:
    spec = "my_lone_policy:Mine"
    assert key_of(spec) is None, "code that cannot be located has no digest"
    (mine / "my_lone_policy.py").write_text("import my_scores\n")
    (mine / "my_scores.py").write_text("WINDOW = 1\n")
    first = key_of(spec)
    (mine / "my_scores.py").write_text("WINDOW = 2\n")
    second = key_of(spec)
    (mine / "notes.txt").write_text("no code\n")
    assert first is not None
    assert first != second == key_of(spec)
    assert "my_lone_policy" not in sys.modules, "nothing is imported for a digest"


def test_the_key_changes_with_any_module_of_the_policys_package(mine: Path) -> None:
    (mine / "my_package" / "deep").mkdir(parents=True)
    for name in ("__init__", "policy", "deep/kernel"):
        (mine / "my_package" / f"{name}.py").write_text("")
    first = key_of("keep(my_package.policy:Mine(window=4))")
    (mine / "my_package" / "deep" / "kernel.py").write_text("WINDOW = 2\n")
    assert first != key_of("keep(my_package.policy:Mine(window=4))")


def test_a_kernel_that_anyone_may_have_registered_has_no_key() -> None:
    assert KEYS.turn(in_cell(kernel="mine")) is None
    assert KEYS.facts("smolguard", [PolicySpec("snapkv")], ["sdpa", "mine"]) is None
    assert KEYS.facts("smolguard", [PolicySpec("snapkv")], ["sdpa"]) is not None
    assert KEYS.facts("smolguard", [PolicySpec("no_such_module:Mine")], ["sdpa"]) is None


def test_keys_are_made_without_torch() -> None:
    program = (
        "import sys; from kvguard_policies.spec import PolicySpec\n"
        "from pytest_kvguard.backends.turn_key import TurnKeys; import pytest_kvguard.backends.stored\n"
        "TurnKeys('weights', 'float32', 'cpu').facts('smolguard', [PolicySpec('fair(snapkv)')], ['sdpa'])\n"
        "assert not {'torch', 'transformers'} & set(sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
