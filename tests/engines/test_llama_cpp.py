"""Runs with llama.cpp servers: harmless changes are told from losses, and the servers end with the run."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from pytest_kvguard.backends.endpoint.address import RequestPolicy
from pytest_kvguard.backends.launch.arms import LaunchPlan, launch_arms
from pytest_kvguard.backends.protocol import TurnOutcome, TurnRequest
from pytest_kvguard.contract.parse import parse_contract
from pytest_kvguard.errors import EndpointError, ModelError
from pytest_kvguard.models.gguf_model import gguf_model
from pytest_kvguard.values.cell import ON_SERVER, Cell

MODEL = "smollm2"
CONVERSATIONS = 6


@pytest.fixture(scope="module", autouse=True)
def fetched() -> Path:
    try:
        return gguf_model(MODEL).weights
    except ModelError as error:
        pytest.skip(f"the model cannot be fetched: {error}")


def command(contract: Path, python: str, *words: str) -> list[str]:
    return [
        *(sys.executable, "-m", "pytest", str(contract), "-p", "no:cacheprovider", f"--kv-model={MODEL}"),
        *("--kv-launch=llama.cpp", f"--kv-server-python={python}", *words),
    ]


@pytest.fixture(scope="module")
def report(llama_cpp_python: str, contract: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The report of a run with three arms: the baseline's own type, a mild one and a rough one."""
    path = tmp_path_factory.mktemp("report") / "report.json"
    words = ("--kv-server-cache=f16,q8_0,q4_0", f"--kv-report=json:{path}")
    ran = subprocess.run(command(contract, llama_cpp_python, *words), capture_output=True, text=True, check=False)
    assert ran.returncode == pytest.ExitCode.TESTS_FAILED, ran.stdout
    report: dict[str, Any] = json.loads(path.read_text())
    return report


def gate(report: dict[str, Any], cache: str) -> dict[str, Any]:
    record: dict[str, Any] = next(gate for gate in report["gates"] if gate["policy"] == cache)
    return record


def verdicts(report: dict[str, Any], cache: str) -> list[str]:
    return [case["verdict"] for case in report["cases"] if case["policy"] == cache]


def test_the_same_cache_twice_is_equal_in_every_reply_and_every_probability(report: dict[str, Any]) -> None:
    distances = gate(report, "f16")["distances"]
    assert distances["mean"] == 0
    assert distances["same"] == distances["conversations"] == CONVERSATIONS
    assert gate(report, "f16")["breaches"] == []
    assert set(verdicts(report, "f16")) <= {"HELD", "UNMET"}


def test_the_harmless_change_does_alter_probabilities(report: dict[str, Any]) -> None:
    assert gate(report, "f16")["distances"]["floor"] > 0


def test_eight_bits_are_at_the_noise_floor(report: dict[str, Any]) -> None:
    record = gate(report, "q8_0")
    assert record["distances"]["times"] < 2
    assert record["breaches"] == []
    assert set(verdicts(report, "q8_0")) <= {"HELD", "UNMET"}


def test_four_bits_are_clearly_above_it_and_lose_an_instruction(report: dict[str, Any]) -> None:
    record = gate(report, "q4_0")
    assert record["distances"]["interval"][0] > 2
    assert any("times the noise floor" in breach and "max_distance is 2" in breach for breach in record["breaches"])
    assert "LOST" in verdicts(report, "q4_0")


def test_no_result_is_missing_and_none_claims_what_a_server_does_not_tell(report: dict[str, Any]) -> None:
    assert report["complete"] and len(report["cases"]) == 3 * CONVERSATIONS
    assert all(case["cache"] is None and case["keep_rate"] is None for case in report["cases"])


def test_a_server_that_is_killed_owes_errors_and_the_others_go_on(llama_cpp_python: str, contract: Path) -> None:
    backend, stop = launch_arms(
        LaunchPlan("llama.cpp", MODEL, ["q4_0"], llama_cpp_python, with_control=False), RequestPolicy(retries=0)
    )
    parsed = parse_contract(contract)

    def request(server: str, question: str) -> TurnRequest:
        cell = Cell(server=server, kernel=ON_SERVER)
        return TurnRequest(parsed, parsed.written_order, (question,), (), cell, "context")

    try:
        (before,) = backend.run_turns([request("q4_0", "Who is the doctor?")])
        assert isinstance(before, TurnOutcome)
        kill(serving(str(urlsplit(backend.arms["q4_0"].address.url).port)))
        lost, fine = backend.run_turns([request("q4_0", "Who is the captain?"), request("", "Who is the captain?")])
    finally:
        stop()
    assert isinstance(lost, EndpointError) and "cannot be reached" in str(lost)
    assert isinstance(fine, TurnOutcome) and fine.reply.text


def serving(word: str) -> list[int]:
    """Return the ids of server processes with this word in their command line."""
    pids = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().decode().split("\0")
        except OSError:
            continue
        if any(part.endswith("llama_cpp_server.py") for part in words) and word in words and "keeper" not in words[1]:
            pids.append(int(entry.name))
    return pids


def kill(pids: list[int]) -> None:
    assert pids
    for pid in pids:
        os.kill(pid, signal.SIGKILL)


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="looks for processes under /proc")
def test_ctrl_c_ends_the_servers_with_the_run(
    llama_cpp_python: str, contract: Path, fetched: Path, tmp_path: Path
) -> None:
    weights = tmp_path / "mine.gguf"
    weights.symlink_to(fetched)
    words = [*command(contract, llama_cpp_python, "-q"), f"--kv-model={weights}"]
    run = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    here = str(weights)
    while not serving(here) and run.poll() is None:
        time.sleep(0.1)
    assert run.poll() is None
    os.killpg(run.pid, signal.SIGINT)
    assert run.wait(120) == pytest.ExitCode.INTERRUPTED
    assert serving(here) == []
