"""Whether a run leaves tests out, so that what it did not use may be used by others."""

from __future__ import annotations

import pytest

__all__ = ["WHOLE", "is_narrowed"]

WHOLE = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
"""The exit codes of a run that came to its end."""

NARROWED = ("keyword", "lf", "maxfail", "deselect", "stepwise")
"""pytest's options that leave tests out."""


def is_narrowed(config: pytest.Config, mark: str = "") -> bool:
    """Return whether a run leaves tests out; ``mark`` is an expression of ``-m`` that leaves out none that matters."""
    option = config.option
    by_mark = getattr(option, "markexpr", "") not in ("", mark)
    by_id = any("::" in argument for argument in config.args)
    return by_mark or by_id or any(getattr(option, name, None) for name in NARROWED)
