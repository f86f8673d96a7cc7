"""What ``--kv-golden`` and its companions ask for."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from pytest_kvguard.errors import suggest
from pytest_kvguard.golden.levels.table import LEVELS

__all__ = ["CHECK", "OFF", "UPDATE", "GoldenOptions"]

OFF, CHECK, UPDATE = "off", "check", "update"
MODES = (CHECK, UPDATE, OFF)
CI_VARIABLES = ("CI", "BUILD_NUMBER")


@dataclass(frozen=True)
class GoldenOptions:
    """What to do with goldens.

    Attributes:
        mode: ``check``, ``update`` or ``off``.
        folder: holds a folder per model.
        levels: what is compared, or may be updated.
        force: update in CI, too; the run fails all the same.
        prune: delete what the run does not use.
        update_words: what an update command needs to find the same folder.
    """

    mode: str = OFF
    folder: Path = Path("golden")
    levels: tuple[str, ...] = LEVELS
    force: bool = False
    prune: bool = False
    update_words: tuple[str, ...] = ()

    @property
    def is_on(self) -> bool:
        """Whether goldens are looked at."""
        return self.mode != OFF

    @classmethod
    def read(cls, config: pytest.Config) -> GoldenOptions:
        """Return the options, checked.

        Raises:
            pytest.UsageError: unknown mode or level, an update that nobody typed, or one in CI.
        """
        typed = {
            name: (config.getoption(f"kv_{name}") or [""])[-1] for name in ("golden", "golden_dir", "golden_level")
        }
        mode = _mode(typed["golden"] or str(config.getini("kv_golden")), bool(typed["golden"]))
        base = config.invocation_params.dir if typed["golden_dir"] else config.rootpath
        folder = base / Path(typed["golden_dir"] or str(config.getini("kv_golden_dir"))).expanduser()
        force, prune = (bool(config.getoption(f"kv_golden_{n}") or config.getini(f"kv_golden_{n}")) for n in _FLAGS)
        if mode == UPDATE and not force:
            _refuse_in_ci()
        if prune and mode != UPDATE:
            raise pytest.UsageError(f"--kv-golden-prune deletes goldens, so it needs --kv-golden={UPDATE} beside it.")
        levels = _levels(typed["golden_level"] or str(config.getini("kv_golden_level")))
        words = (f"--kv-golden-dir={typed['golden_dir']}",) if typed["golden_dir"] else ()
        return cls(mode, folder, levels, force, prune, words)


_FLAGS = ("force", "prune")


def _mode(text: str, typed: bool) -> str:
    if text not in MODES:
        raise pytest.UsageError(f"Unknown --kv-golden={text}.{suggest(text, MODES)} Allowed: {', '.join(MODES)}.")
    if text == UPDATE and not typed:
        raise pytest.UsageError(
            f"kv_golden = {UPDATE} in an ini file would let every run bless itself. Write kv_golden = {CHECK} there, "
            f"and type --kv-golden={UPDATE} when you mean it."
        )
    return text


def _refuse_in_ci() -> None:
    variable = next((name for name in CI_VARIABLES if os.environ.get(name, "").lower() not in ("", "0", "false")), None)
    if variable:
        raise pytest.UsageError(
            f"--kv-golden={UPDATE} is refused: {variable} is set, and a run in CI must not bless itself. Update on "
            "your machine and commit, or add --kv-golden-force: goldens are written then, and "
            "the run fails all the same."
        )


def _levels(text: str) -> tuple[str, ...]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in LEVELS:
            near = suggest(name, LEVELS)
            raise pytest.UsageError(f"Unknown --kv-golden-level={name}.{near} Allowed: {', '.join(LEVELS)}.")
    return tuple(level for level in LEVELS if level in names or not names)
