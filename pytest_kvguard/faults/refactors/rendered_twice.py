"""Every prompt is rendered twice, and the second is used."""

from __future__ import annotations

from typing import Any

from pytest_kvguard.contract import render
from pytest_kvguard.faults.fault import HARNESS, Refactor
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["REFACTOR"]


def plant(planting: Planting, setting: Setting) -> None:
    """Render the prompt once more and discard the first one."""

    def rendered(real: Any, *args: Any, **options: Any) -> Any:
        real(*args, **options)
        return real(*args, **options)

    planting.function(render.render_prompt, rendered)


REFACTOR = Refactor("rendered-twice", HARNESS, "prompts are rendered twice", plant)
