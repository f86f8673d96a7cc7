"""The engine llama.cpp, with its own server from the package ``xllamacpp``."""

from __future__ import annotations

from pathlib import Path

from pytest_kvguard.backends.launch.engine import ServerPlan
from pytest_kvguard.backends.launch.interpreter import run_python
from pytest_kvguard.errors import UsageError
from pytest_kvguard.external.optional import OPTIONAL_PACKAGES
from pytest_kvguard.models.gguf_model import gguf_model

__all__ = ["BASELINE", "CACHES", "HAS_CONTROL", "command", "environment"]

SCRIPT = str(Path(__file__).with_name("standalone") / "llama_cpp_server.py")
BASELINE = "f16"
CACHES = ("bf16", "q8_0", "q5_1", "q5_0", "q4_1", "q4_0", "iq4_nl")
HAS_CONTROL = True


def command(plan: ServerPlan) -> list[str]:
    """See ``Engine``; the control server uses another attention kernel, since its flash attention is off."""
    _require(plan.python)
    files = gguf_model(plan.model)
    words = [plan.python, SCRIPT]
    words += ["--model", str(files.weights), "--port", str(plan.port), "--cache", plan.cache]
    words += ["--context", str(plan.context_tokens), "--name", plan.model]
    words += ["--adapter", str(files.adapter)] if files.adapter else []
    return words + ["--no-flash-attention"] * plan.is_control


def environment() -> dict[str, str]:
    """See ``Engine``; two OpenMP threads that wait actively for each other stall on a busy machine."""
    return {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "passive"}


def _require(python: str) -> None:
    ran = run_python(python, "import xllamacpp")
    if ran.returncode:
        package = OPTIONAL_PACKAGES["xllamacpp"]
        last = (ran.stderr.strip() or "no message").splitlines()[-1]
        raise UsageError(
            f"{package.needed_by} needs {package.distribution}, which {python} cannot import: {last}. Install it: "
            f"{package.install_command}, or name an interpreter that has it: --kv-server-python=PATH."
        )
