"""The store of a model's goldens on disk, written atomically, by one process at a time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from filelock import Timeout

from pytest_kvguard.errors import GoldenError
from pytest_kvguard.external.file_lock import lock_of
from pytest_kvguard.external.regular_files import read_regular
from pytest_kvguard.external.whole_file import replace_file
from pytest_kvguard.golden.key import GoldenKey, is_golden_name
from pytest_kvguard.golden.manifest import VERSION_KEY, Manifest, ManifestEntry, ManifestProblem
from pytest_kvguard.golden.recording import Recording
from pytest_kvguard.golden.tensors import is_packed_recording, pack_recording, unpack_recording

__all__ = ["GoldenStore"]

MANIFEST = "manifest.json"
SCRATCH = re.compile(r"\.(?P<name>.+)\.[0-9a-f]+\.part", re.DOTALL)
SCRATCH_STARTS = (
    re.compile(rf'{{\s*"{VERSION_KEY}": '.encode()),
    re.compile(rb'.{8}{"[0-9a-f]{12}":{"dtype":"', re.DOTALL),
)
"""The starts of a manifest and of a tensor file, of which a killed run may have written a part."""
LOCK_SECONDS = 60
"""How long another process may keep the goldens; to write all tensors of one takes a few seconds."""


class GoldenStore:
    """The goldens of one model.

    A golden's tensors are written to a new file, then the manifest is replaced by one that names it, and only then the
    old file is deleted. So the manifest names complete files whenever a run is killed. No other file is deleted, except
    those that a killed run has left, which are recognised by their names and their content.

    Args:
        folder: the folder of the manifest and the tensors; need not exist.
        model: the name of the model in the manifest.
    """

    def __init__(self, folder: Path, model: str = "") -> None:
        self.folder = folder
        self.model = model or folder.name
        self._lock = lock_of(folder, "golden")
        self._known: tuple[tuple[int, int], Manifest] | None = None

    @property
    def manifest_path(self) -> Path:
        """The path of the manifest, which need not exist."""
        return self.folder / MANIFEST

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the lock, so that no other process reads or writes the goldens."""
        try:
            self._lock.acquire(timeout=LOCK_SECONDS)
        except Timeout:
            raise GoldenError(
                f"The goldens in {self.folder} are in use: another process has held their lock, "
                f"{self._lock.lock_file}, for {LOCK_SECONDS} s. End the other run, and run again."
            ) from None
        except OSError as error:
            raise GoldenError(
                f"The goldens in {self.folder} cannot be locked: {self._lock.lock_file}: {error.strerror or error}. "
                "Make that file writable, or set TMPDIR to another folder."
            ) from error
        try:
            yield
        finally:
            self._lock.release()

    def recorded_keys(self) -> tuple[GoldenKey, ...]:
        """Return the keys of all goldens.

        Raises:
            GoldenError: the manifest cannot be read.
        """
        with self._locked():
            return tuple(self._manifest().entries)

    def read(self, key: GoldenKey) -> Recording | None:
        """Return a golden, or None if there is none.

        Raises:
            GoldenError: the golden cannot be read.
        """
        with self._locked():
            entry = self._manifest().entries.get(key)
            return None if entry is None else self._read_tensors(entry)

    def write(self, key: GoldenKey, recording: Recording) -> None:
        """Write a golden, or replace it.

        Raises:
            GoldenError: the disk is full, or the manifest cannot be read; the goldens on disk are unchanged.
        """
        content, conversations = pack_recording(recording)
        entry = ManifestEntry(
            key.file_name(content),
            sha256(content).hexdigest(),
            dict(recording.environment),
            conversations,
            dict(recording.verdicts),
        )
        with self._locked():
            old = self._manifest()
            self._save({entry.file: content}, old, old.with_entry(key, entry))

    def remove(self, keys: Iterable[GoldenKey]) -> None:
        """Delete goldens.

        Raises:
            GoldenError: the manifest cannot be read or written.
        """
        with self._locked():
            old = self._manifest()
            self._save({}, old, old.without(set(keys)))

    def _save(self, files: dict[str, bytes], old: Manifest, new: Manifest) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            for name, content in files.items():
                _write_whole(self.folder / name, content)
            _write_whole(self.manifest_path, new.to_json().encode())
            self._sweep(_file_names(old), _file_names(new))
        except OSError as error:
            raise GoldenError(
                f"The golden could not be written to {self.folder}: {error.strerror or error}. Earlier goldens are "
                "unchanged. Free space, or make the folder writable, and run again."
            ) from error

    def _sweep(self, old: set[str], new: set[str]) -> None:
        """Delete the files that only the old manifest names, and those that killed runs have left.

        No other process writes under the lock, so a scratch file is left over.
        """
        for path in self.folder.iterdir():
            if path.name in new or path.is_symlink() or not path.is_file():
                continue
            if is_golden_name(path.name):
                is_ours = _starts_as_ours(path) and (path.name in old or is_packed_recording(path.read_bytes()))
            else:
                is_ours = _is_scratch(path)
            if is_ours:
                path.unlink()

    def _manifest(self) -> Manifest:
        path = self.manifest_path
        try:
            status = path.stat()
            state = (status.st_mtime_ns, status.st_size)
            if self._known is None or self._known[0] != state:
                self._known = state, Manifest.from_json(read_regular(path).decode("utf-8"))
            return self._known[1]
        except (FileNotFoundError, NotADirectoryError):
            return Manifest(self.model)
        except (OSError, UnicodeDecodeError, ManifestProblem) as error:
            raise GoldenError(
                f"{path} cannot be read: {error}. It names all goldens of this model, so nothing was written. Restore "
                f"it (git checkout -- {path}), or move it away and record all goldens again. If it belongs to another "
                "program, name another folder with --kv-golden-dir."
            ) from error

    def _read_tensors(self, entry: ManifestEntry) -> Recording:
        path = self.folder / entry.file
        try:
            content = read_regular(path)
            if sha256(content).hexdigest() != entry.digest:
                raise ValueError(f"it is truncated or changed ({len(content)} bytes, SHA-256 is not the recorded one)")
            return unpack_recording(content, entry)
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or error
            raise GoldenError(
                f"{path} cannot be read: {why}. Restore it (git checkout -- {self.folder}), or record it again."
            ) from error


def _file_names(manifest: Manifest) -> set[str]:
    return {entry.file for entry in manifest.entries.values()}


def _is_scratch(path: Path) -> bool:
    """Return whether a file is what ``_write_whole`` leaves when it is killed."""
    match = SCRATCH.fullmatch(path.name)
    if match is None or not (match["name"] == MANIFEST or is_golden_name(match["name"])):
        return False
    return _starts_as_ours(path)


def _starts_as_ours(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(64)
    return any(start.match(head) for start in SCRATCH_STARTS)


def _write_whole(path: Path, content: bytes) -> None:
    replace_file(path, content, scratch=path.name, durable=True)
