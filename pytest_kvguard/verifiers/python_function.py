"""python: asks a function of the user's project to judge the reply."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from pytest_kvguard.errors import UsageError
from pytest_kvguard.external.user_function import ask
from pytest_kvguard.verifiers.rule import Rule

__all__ = ["RULES"]

VALUE_SCHEMA: dict[str, Any] = {
    "description": "'module:function', e.g. \"checks.tone:is_polite\"",
    "type": "string",
    "pattern": r"^[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*$",
}


def _load(spec: str) -> Callable[[str], object]:
    module_name, function_name = spec.split(":")
    try:
        function = getattr(importlib.import_module(module_name), function_name)
    except (ImportError, AttributeError) as error:
        raise UsageError(
            f"the check function {spec!r} cannot be loaded: {error}. "
            "Write module:function, with the module importable from where pytest runs (see the pythonpath ini value)."
        ) from error
    if not callable(function):
        raise UsageError(f"{spec!r} is a {type(function).__name__}, not a function. Name one that takes a reply.")
    return function  # type: ignore[no-any-return]


def _inspect(text: str, value: Any) -> tuple[bool, str]:
    return ask(f"the check function {value!r}", _load(value), text)


RULES = (
    Rule(
        "python",
        VALUE_SCHEMA,
        lambda value: f"{value} says yes",
        _inspect,
        judges_blank=True,
        measured=False,
        example="pytest_kvguard.verifiers.table:names",
    ),
)
