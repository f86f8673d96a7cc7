"""The options of goldens: ``--kv-golden`` and ``--kv-golden-*``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pytest_kvguard.errors import UsageError
from pytest_kvguard.golden.levels.table import LEVELS
from pytest_kvguard.plugin.options.continuous_integration import refuse_in_ci
from pytest_kvguard.runs.given import GivenOptions

__all__ = ["CHECK", "OFF", "UPDATE", "GoldenOptions"]

OFF, CHECK, UPDATE = "off", "check", "update"
MODES = (CHECK, UPDATE, OFF)


@dataclass(frozen=True)
class GoldenOptions:
    """The options of goldens.

    Attributes:
        mode: ``check``, ``update`` or ``off``.
        folder: the folder that holds one folder per model.
        levels: the levels to compare or update.
        force: update in CI as well, and fail the run.
        prune: delete goldens that the update did not use.
    """

    mode: str
    folder: Path
    levels: tuple[str, ...]
    force: bool
    prune: bool

    @property
    def is_on(self) -> bool:
        """Whether goldens are compared or recorded."""
        return self.mode != OFF

    @classmethod
    def read(cls, given: GivenOptions) -> GoldenOptions:
        """Return the options of goldens.

        Raises:
            UsageError: the mode or a level is unknown, or an update comes from an ini file or runs in CI unforced.
        """
        mode, folder = given.choice("kv_golden", MODES), given.path("kv_golden_dir", given.one("kv_golden_dir"))
        force, prune = given.is_on("kv_golden_force"), given.is_on("kv_golden_prune")
        if mode == UPDATE and not given.is_typed("kv_golden"):
            raise UsageError(
                f"kv_golden = {UPDATE} in an ini file would overwrite the goldens in every run. Write "
                f"kv_golden = {CHECK} there, and type --kv-golden={UPDATE} to update them."
            )
        if mode == UPDATE and not force:
            refuse_in_ci(f"--kv-golden={UPDATE}", "the goldens", "--kv-golden-force")
        if prune and mode != UPDATE:
            raise UsageError(f"--kv-golden-prune deletes goldens, so it needs --kv-golden={UPDATE}. Add it.")
        assert folder is not None
        return cls(mode, folder, _levels(given), force, prune)


def _levels(given: GivenOptions) -> tuple[str, ...]:
    names = [name.strip() for name in given.one("kv_golden_level").split(",") if name.strip()]
    for name in names:
        given.require_known("kv_golden_level", name, LEVELS)
    return tuple(level for level in LEVELS if level in names or not names)
