"""The files of a model and their digest. Imports no torch."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any

from pytest_kvguard.errors import ModelError
from pytest_kvguard.external.regular_files import open_regular
from pytest_kvguard.models.embedded_model import Stage, embedded_directory, is_embedded_model_at_hand
from pytest_kvguard.models.options import DEFAULT_MODEL, STOCK_MODEL, ModelOptions
from pytest_kvguard.models.smolguard import smolguard_directory
from pytest_kvguard.result_store.store import ResultStore

__all__ = ["NAMED_MODELS", "fingerprint", "is_at_hand", "local_files", "locate"]

NAMED_MODELS: dict[str, Callable[[Stage | None], Path]] = {
    DEFAULT_MODEL: smolguard_directory,
    STOCK_MODEL: embedded_directory,
}
"""Models that come from the package index."""

ADAPTER = "adapter_config.json"
"""In a folder with this file, transformers also reads weights from another place."""

SETTINGS = (".json", ".jinja")
"""Suffixes of the files that may be read together with a GGUF file."""

BLOCK_BYTES = 1 << 20


def locate(options: ModelOptions, on_stage: Stage | None = None) -> tuple[str, dict[str, Any]]:
    """Return the arguments of transformers' ``from_pretrained``: a name or folder, and keywords.

    Args:
        options: the model to load.
        on_stage: called with each stage of a first fetch.

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


def is_at_hand(options: ModelOptions) -> bool:
    """Return whether a model's files are known to be on this machine, so that looking at them fetches nothing."""
    if options.name in NAMED_MODELS:
        return is_embedded_model_at_hand()
    return Path(options.name).expanduser().exists()


def local_files(options: ModelOptions, on_stage: Stage | None = None) -> tuple[Path, ...]:
    """Return every file that a model's weights, settings and tokenizer are read from.

    The result is empty where the files are not known before the model is loaded: for hub names, adapters, and code of
    the model's repository.

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


def fingerprint(paths: Iterable[Path], store: ResultStore | None = None) -> str:
    """Return a digest of files by name and content.

    Args:
        paths: the files.
        store: keeps the digest of each file by its path, size and modification time; None reads them every time.

    Raises:
        OSError: a file cannot be read.
    """
    whole = sha256()
    for path in paths:
        whole.update(f"{path.name}\0{_digest(path, store)}\0".encode())
    return whole.hexdigest()


def _digest(path: Path, store: ResultStore | None) -> str:
    if store is None:
        return _read(path)
    status = path.stat()
    seen = f"file\0{path.resolve()}\0{status.st_size}\0{status.st_mtime_ns}\0{status.st_ino}"
    key = sha256(seen.encode()).hexdigest()
    known = store.get(key)
    if known is not None:
        return known.decode()
    digest = _read(path)
    store.put(key, digest.encode())
    return digest


def _read(path: Path) -> str:
    digest = sha256()
    with open_regular(path) as file:
        while block := file.read(BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()
