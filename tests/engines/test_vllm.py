"""A run with vLLM, an fp8 cache against its own type; it runs on request, since its environment takes 3.4 GB."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest


def test_fp8_is_told_from_the_models_own_type(vllm_python: str, contract: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    words = [
        "--kv-model=smollm2",
        "--kv-launch=vllm",
        "--kv-server-cache=auto,fp8",
        f"--kv-server-python={vllm_python}",
        *("-o", "kv_server_timeout=900"),
    ]
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", str(contract), "-p", "no:cacheprovider", *words, f"--kv-report=json:{report}"],
        capture_output=True,
        text=True,
        check=False,
    )
    print(ran.stdout)
    assert ran.returncode in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED) and "no tests ran" not in ran.stdout
    record = json.loads(report.read_text())
    distances = {gate["policy"]: gate["distances"] for gate in record["gates"]}
    assert distances["auto"]["mean"] == 0
    assert distances["fp8"]["mean"] > 0
    assert "ERROR" not in {case["verdict"] for case in record["cases"]}
