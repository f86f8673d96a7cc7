"""The runs whose goldens are shipped. ``python -m tests.golden.runs`` records them anew; review them with git diff."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pytest_kvguard.values.cell import DEFAULT_KERNEL
from tests.golden.tiny_models import TINY_MODELS, save_model

__all__ = ["ROOT", "RUNS", "GoldenRun"]

ROOT = Path(__file__).parents[2]
POLICIES = (
    "streaming_llm,snapkv,h2o,tova,knorm,keydiff,expected_attention,pyramidkv,adakv,keep(snapkv),"
    "fair(snapkv(window=8)),kivi,gear,fp8"
)
"""Every kind of policy and quantizer once."""


@dataclass(frozen=True)
class GoldenRun:
    """One run that records goldens.

    Attributes:
        model: a model of the package, or one of ``TINY_MODELS``.
        contract: the file in ``golden/``.
        policies: the policies that it pins, beside the uncompressed model.
        scope: what is compressed.
        kernel: the attention kernel.
    """

    model: str
    contract: str
    policies: str
    scope: str = "context"
    kernel: str = DEFAULT_KERNEL

    @property
    def name(self) -> str:
        """The run in a few words."""
        return " ".join((self.model, self.contract, self.scope, self.kernel))

    @property
    def is_tiny(self) -> bool:
        """Whether the model is random and built on the spot."""
        return self.model in TINY_MODELS

    def command(self, mode: str, folder: Path) -> list[str]:
        """Return the command that checks or updates the goldens.

        Args:
            mode: ``check`` or ``update``.
            folder: where random models are built.
        """
        model = str(save_model(self.model, folder)) if self.is_tiny else self.model
        return [
            *(sys.executable, "-m", "pytest", "-p", "no:cacheprovider", f"golden/{self.contract}", "-m", "kv_golden"),
            *(f"--kv-golden={mode}", f"--kv-model={model}", f"--kv-policy={self.policies}"),
            *(f"--kv-scope={self.scope}", f"--kv-attn={self.kernel}"),
        ]


RUNS = (
    GoldenRun("smolguard", "night-desk.kv.yaml", POLICIES),
    GoldenRun("smollm2", "night-desk.kv.yaml", POLICIES),
    GoldenRun("smolguard", "night-desk.kv.yaml", "streaming_llm,h2o", scope="decode"),
    GoldenRun("smolguard", "night-desk.kv.yaml", "snapkv,h2o,kivi", kernel="eager"),
    GoldenRun("smolguard", "field-guide.kv.yaml", "snapkv,streaming_llm,kivi"),
    GoldenRun("tiny-gemma3", "night-desk.kv.yaml", "snapkv,expected_attention,pyramidkv,kivi"),
    GoldenRun("tiny-qwen3", "night-desk.kv.yaml", "snapkv,expected_attention,h2o,kivi"),
)


def record(runs: Sequence[GoldenRun] = RUNS) -> None:
    """Record the goldens of runs; one that fails ends it."""
    with tempfile.TemporaryDirectory() as folder:
        for run in runs:
            print(f"== {run.name}", flush=True)
            subprocess.run(run.command("update", Path(folder)), cwd=ROOT, check=True)


if __name__ == "__main__":
    record()
