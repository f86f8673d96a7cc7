"""Commands that start engines."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pytest_kvguard.backends.launch import llama_cpp, vllm
from pytest_kvguard.backends.launch.engine import ServerPlan
from pytest_kvguard.backends.launch.table import ENGINES, load_engine
from pytest_kvguard.errors import ModelError, UsageError


def plan(model: str = "model", cache: str = "q4_0", is_control: bool = False) -> ServerPlan:
    return ServerPlan(model, cache, 8123, sys.executable, is_control)


@pytest.mark.parametrize("name", ENGINES)
def test_every_engine_has_a_baseline_that_is_none_of_its_caches_and_compresses_to_one_of_them(name: str) -> None:
    engine = load_engine(name)
    assert engine.BASELINE not in engine.CACHES
    assert ENGINES[name].compressed_cache in engine.CACHES
    assert engine.environment()["OMP_NUM_THREADS"] == "1"


def test_llama_cpp_serves_a_file_on_the_port_and_its_control_server_differs_in_the_kernel_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(llama_cpp, "_require", lambda python: None)
    weights = tmp_path / "m.gguf"
    weights.write_bytes(b"")
    command = llama_cpp.command(plan(str(weights)))
    assert command[command.index("--model") + 1] == str(weights)
    assert command[command.index("--port") + 1] == "8123"
    assert command[command.index("--cache") + 1] == "q4_0"
    assert llama_cpp.command(plan(str(weights), is_control=True)) == [*command, "--no-flash-attention"]


def test_llama_cpp_refuses_what_is_no_gguf_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(llama_cpp, "_require", lambda python: None)
    with pytest.raises(ModelError, match="llama.cpp reads GGUF files, and .* is not one"):
        llama_cpp.command(plan(str(tmp_path)))


def test_vllm_listens_on_the_loopback_address_alone_and_does_not_reuse_prompts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vllm, "_require", lambda python: None)
    command = vllm.command(plan("/models/m", "fp8"))
    assert command[command.index("--host") + 1] == "127.0.0.1"
    assert command[command.index("--kv-cache-dtype") + 1] == "fp8"
    assert "--no-enable-prefix-caching" in command


@pytest.mark.parametrize("engine", [llama_cpp, vllm])
def test_an_interpreter_without_the_engine_is_said_with_the_remedy(tmp_path: Path, engine: object) -> None:
    bare = tmp_path / "python"
    bare.write_text("#!/bin/sh\necho no module >&2\nexit 1\n")
    bare.chmod(0o755)
    with pytest.raises(UsageError, match="--kv-server-python=PATH"):
        engine.command(ServerPlan("m", "f16", 1, str(bare)))  # type: ignore[attr-defined]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("python", ["no/such/python", ".", "pyproject.toml"])
def test_an_interpreter_that_cannot_be_run_is_refused_by_name(engine: str, python: str) -> None:
    with pytest.raises(UsageError, match=f"--kv-server-python={python} cannot be run: "):
        load_engine(engine).command(ServerPlan("smollm2", "auto", 1, python))
