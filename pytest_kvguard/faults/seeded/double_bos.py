"""Prompts start with their first token twice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pytest_kvguard.contract import render
from pytest_kvguard.contract.render import Prompt
from pytest_kvguard.faults.equivalence import unless_rendered
from pytest_kvguard.faults.fault import HARNESS, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Repeat the first token in front, after the instruction spans have been computed."""

    def rendered(real: Any, *args: Any, **options: Any) -> Prompt:
        prompt: Prompt = real(*args, **options)
        twice = prompt.token_ids[:1] + prompt.token_ids
        return replace(prompt, token_ids=twice, context_tokens=prompt.context_tokens + 1)

    planting.function(render.render_prompt, rendered)


FAULT = Fault(
    id="double-bos",
    around=HARNESS,
    seen="ggml-org/llama.cpp#7107",
    symptom="a slight loss of quality",
    seed="the first token is repeated",
    levels="NA",
    plant=plant,
    equivalent=unless_rendered,
)
