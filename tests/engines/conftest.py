"""Fixtures for tests with real engines, where they are installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def llama_cpp_python() -> str:
    """The interpreter that has xllamacpp: this one, or the one that ``KVGUARD_LLAMA_CPP_PYTHON`` names."""
    python = os.environ.get("KVGUARD_LLAMA_CPP_PYTHON", sys.executable)
    if subprocess.run([python, "-c", "import xllamacpp"], capture_output=True, check=False).returncode:
        pytest.skip("needs xllamacpp: pip install 'pytest-kvguard[llama-cpp]'")
    return python


@pytest.fixture(scope="session")
def vllm_python() -> str:
    """The interpreter that has vLLM; ``KVGUARD_VLLM_PYTHON`` names it, and without it the tests skip."""
    python = os.environ.get("KVGUARD_VLLM_PYTHON")
    if not python:
        pytest.skip("runs with KVGUARD_VLLM_PYTHON=PATH, an interpreter that has vLLM")
    return python


@pytest.fixture(scope="session")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The contract under a name that pytest collects; in this folder, it would also run with the tests alone."""
    path = tmp_path_factory.mktemp("contracts") / "ferry-desk.kv.yaml"
    shutil.copy(Path(__file__).with_name("ferry-desk.yaml"), path)
    return path
