"""The engine vLLM, with its OpenAI-compatible server."""

from __future__ import annotations

from pytest_kvguard.backends.launch.engine import ServerPlan
from pytest_kvguard.backends.launch.interpreter import run_python
from pytest_kvguard.errors import UsageError
from pytest_kvguard.models.model_source import NAMED_MODELS

__all__ = ["BASELINE", "CACHES", "HAS_CONTROL", "command", "environment"]

BASELINE = "auto"
CACHES = ("fp8", "fp8_e4m3", "fp8_e5m2")
HAS_CONTROL = False


def command(plan: ServerPlan) -> list[str]:
    """See ``Engine``; without prefix caching, so that replies repeat."""
    _require(plan.python)
    words = [plan.python, "-m", "vllm.entrypoints.openai.api_server", "--model", _model(plan.model)]
    words += ["--served-model-name", plan.model, "--host", "127.0.0.1", "--port", str(plan.port)]
    words += ["--dtype", "bfloat16", "--enforce-eager", "--max-model-len", str(min(2048, plan.context_tokens))]
    return [*words, "--no-enable-prefix-caching", "--kv-cache-dtype", plan.cache]


def environment() -> dict[str, str]:
    """See ``Engine``; only the CPU build of vLLM reads the first two."""
    return {"VLLM_CPU_KVCACHE_SPACE": "1", "VLLM_CPU_OMP_THREADS_BIND": "nobind", "OMP_NUM_THREADS": "1"}


def _model(name: str) -> str:
    return str(NAMED_MODELS[name](None)) if name in NAMED_MODELS else name


def _require(python: str) -> None:
    find_vllm = "import importlib.util as u, sys; sys.exit(u.find_spec('vllm') is None)"
    if run_python(python, find_vllm).returncode:
        raise UsageError(
            f"--kv-launch=vllm needs vLLM, which {python} does not have. It needs an environment of its own: install "
            "it there, and name its interpreter with --kv-server-python=PATH."
        )
