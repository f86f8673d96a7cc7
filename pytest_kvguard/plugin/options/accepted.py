"""The option of accepted losses: ``--kv-accept``."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from pytest_kvguard.accepted.entry import Document
from pytest_kvguard.errors import UsageError
from pytest_kvguard.plugin.options.continuous_integration import refuse_in_ci
from pytest_kvguard.runs.given import GivenOptions, shown
from pytest_kvguard.runs.options import option_named

__all__ = ["FILE_NAME", "OPTION", "AcceptOptions"]

NAME, OPTION = "kv_accept", "--kv-accept"
FILE_NAME = "kvguard.accepted.yaml"
OFF, UPDATE, PRUNE, FORCE = "off", "update", "prune", "force"


@dataclass(frozen=True)
class AcceptOptions:
    """The options of accepted losses.

    Attributes:
        path: the file; need not exist where it is updated.
        document: what it holds.
        is_on: whether the run is compared with it.
        update: write what this run loses into it.
        prune: delete entries that this run did not use.
        force: update in CI as well, and fail the run.
    """

    path: Path = Path(FILE_NAME)
    document: Document = field(default_factory=Document)
    is_on: bool = False
    update: bool = False
    prune: bool = False
    force: bool = False

    @classmethod
    def read(cls, given: GivenOptions) -> AcceptOptions:
        """Return the options, and the file's content.

        Raises:
            UsageError: the file is missing or wrong, a word is unknown, or an update comes from an ini file or runs in
                CI unforced.
        """
        typed = [text.strip() for text in given.typed.get(NAME, ()) if text.strip()]
        configured = [text.strip() for text in given.configured.get(NAME, ()) if text.strip()]
        words = [text for text in typed if _is_update(text)]
        flags = {word.strip() for text in words for word in text.split(",")}
        if any(map(_is_update, configured)):
            raise UsageError(
                f"{NAME} = {UPDATE} in an ini file would accept every loss in every run. Write the path of a file "
                f"there, or nothing, and type {OPTION}={UPDATE} to update it."
            )
        names = [text for text in typed if not _is_update(text)]
        chosen, folder = (names, given.typed_folder) if names else (configured, given.configured_folder)
        if chosen and chosen[-1] == OFF:
            if words:
                raise UsageError(f"{OPTION}={OFF} and {OPTION}={UPDATE} contradict each other. Give one of them.")
            return cls()
        if words:
            _check_flags(given, flags, words[-1])
        path = _path(given, chosen[-1], folder) if chosen else given.configured_folder / FILE_NAME
        return cls._of(path, bool(chosen), flags)

    @classmethod
    def _of(cls, path: Path, is_named: bool, flags: set[str]) -> AcceptOptions:
        update, exists = UPDATE in flags, path.exists()
        if is_named and not exists and not update:
            raise UsageError(
                f"{OPTION}={shown(str(path))}: there is no such file. Check the path, or write it with "
                f"{OPTION}={shown(str(path))} {OPTION}={UPDATE}."
            )
        return cls(
            path.resolve(),
            _read(path) if exists else Document(),
            exists or update,
            update,
            PRUNE in flags,
            FORCE in flags,
        )


def _read(path: Path) -> Document:
    from pytest_kvguard.accepted.file_format import read_accepted

    return read_accepted(path, date.today())


def _is_update(text: str) -> bool:
    """Return whether a text says what to do instead of naming a file."""
    return text.split(",")[0].strip() == UPDATE


def _path(given: GivenOptions, text: str, folder: Path) -> Path:
    given.path(NAME, text)  # refuses what is no path
    return folder / Path(text).expanduser()


def _check_flags(given: GivenOptions, flags: set[str], text: str) -> None:
    unknown = flags - {UPDATE, PRUNE, FORCE}
    if unknown:
        raise UsageError(
            f"Unknown {OPTION}={shown(text)}. Allowed: {UPDATE}, {UPDATE},{PRUNE} and {UPDATE},{FORCE}, a file, or "
            f"{OFF}."
        )
    rival = next((name for name in ("kv_find_ratio", "kv_faults") if given.is_on(name)), None)
    if rival:
        raise UsageError(
            f"{option_named(rival).string} runs no checks whose losses could be accepted. Drop it, or drop "
            f"{OPTION}={UPDATE}."
        )
    if given.is_on("kv_show_secrets"):
        raise UsageError(f"--kv-show-secrets would write secrets into the file of {OPTION}={UPDATE}. Drop one of them.")
    if FORCE not in flags:
        refuse_in_ci(f"{OPTION}={UPDATE}", "the accepted losses", f"{FORCE} ({OPTION}={UPDATE},{FORCE})")
