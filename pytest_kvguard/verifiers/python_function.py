"""python: asks a function of the user's project to judge the reply."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from functools import partial
from types import BuiltinFunctionType, FunctionType
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

_DEFINED = (FunctionType, BuiltinFunctionType, type)
"""What has a module of its own; a partial has that of ``functools``, so the function under it counts."""

_REFUSED = (
    "{spec!r} stands in Python's own {module!r}, which would do something with the reply instead of judging it. "
    'Name a function of your project that returns True or False, e.g. "checks.tone:is_polite".'
)


def _problem(spec: str) -> str | None:
    """Return why a function may not judge replies; None if it may. Imports nothing."""
    module = spec.partition(":")[0]
    return _REFUSED.format(spec=spec, module=module) if _is_standard(module) else None


def _is_standard(module: str) -> bool:
    top = module.partition(".")[0]
    return top in sys.stdlib_module_names or top in sys.builtin_module_names


def _load(spec: str) -> Callable[[str], object]:
    module_name, function_name = spec.split(":")
    try:
        function = getattr(importlib.import_module(module_name), function_name)
    except (ImportError, AttributeError) as error:
        raise UsageError(
            f"the check function {spec!r} cannot be loaded: {error}. "
            "Write module:function, with the module importable from where pytest runs (see the pythonpath ini value)."
        ) from error
    called = function
    while isinstance(called, partial):
        called = called.func
    home = getattr(called, "__module__", None)
    if isinstance(called, _DEFINED) and isinstance(home, str) and _is_standard(home):
        raise UsageError(f"the check function {_REFUSED.format(spec=spec, module=home)}")
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
        problem=_problem,
        measured=False,
        example="pytest_kvguard.verifiers.table:names",
    ),
)
