"""Which model is meant and where its files are. Imports no torch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_kvguard.engine.embedded_model import STOCK_MODEL, Stage, embedded_directory
from pytest_kvguard.engine.probe_model import DEFAULT_MODEL, probe_directory
from pytest_kvguard.errors import ModelError

__all__ = ["NAMED_MODELS", "SPREAD", "ModelOptions", "local_files", "locate"]

SPREAD = "auto"
"""In place of a device: layers are spread over all accelerators of the machine, what is left over stays on the host."""

NAMED_MODELS: dict[str, Callable[[Stage | None], Path]] = {
    DEFAULT_MODEL: probe_directory,
    STOCK_MODEL: embedded_directory,
}
"""Models that come from the package index."""

ADAPTER = "adapter_config.json"
"""In a folder with this file, transformers reads weights from elsewhere as well."""

SETTINGS = (".json", ".jinja")
"""What may stand beside a GGUF file and be read with it."""


@dataclass(frozen=True)
class ModelOptions:
    """What to load and how.

    Attributes:
        name: hub id, directory, GGUF file, ``probe`` or ``smollm2``.
        device: a torch device, e.g. ``cpu`` or ``cuda:0``, or ``SPREAD``.
        dtype: one of ``load_model.DTYPES``.
        trust_remote_code: run code that a hub repository brings along.
    """

    name: str = DEFAULT_MODEL
    device: str = "cpu"
    dtype: str = "float32"
    trust_remote_code: bool = False


def locate(options: ModelOptions, on_stage: Stage | None = None) -> tuple[str, dict[str, Any]]:
    """Return what transformers' ``from_pretrained`` is given: a name or folder, and keywords.

    Args:
        options: what to load.
        on_stage: told about the stages of a first fetch.

    Raises:
        ModelError: there is no such file or folder, or the default model cannot be fetched.
    """
    extra: dict[str, Any] = {"trust_remote_code": options.trust_remote_code}
    path = Path(options.name).expanduser()
    if options.name in NAMED_MODELS:
        return str(NAMED_MODELS[options.name](on_stage)), extra
    if path.suffix == ".gguf":
        if not path.is_file():
            raise ModelError(f"--kv-model={options.name}: there is no such GGUF file. Check the path.")
        return str(path.parent), {**extra, "gguf_file": path.name}
    if not path.exists() and (path.is_absolute() or options.name.startswith((".", "~"))):
        raise ModelError(f"--kv-model={options.name}: there is no such directory. Check the path.")
    return str(path) if path.exists() else options.name, extra


def local_files(options: ModelOptions, on_stage: Stage | None = None) -> tuple[Path, ...]:
    """Return every file that a model's weights, settings and tokenizer are read from.

    None are returned where that is not known before the model is loaded: for names of the hub, adapters, and code
    that a repository brings along.

    Raises:
        ModelError: as ``locate``.
    """
    source, extra = locate(options, on_stage)
    folder = Path(source)
    if options.trust_remote_code or not folder.is_dir() or (folder / ADAPTER).exists():
        return ()
    if "gguf_file" in extra:
        return tuple(path for path in _files(folder) if path.name == extra["gguf_file"] or path.suffix in SETTINGS)
    return _files(folder)


def _files(folder: Path) -> tuple[Path, ...]:
    return tuple(sorted(path for path in folder.iterdir() if path.is_file()))
