"""python: asks a function of the user's project to judge the reply."""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Callable, Sequence
from functools import partial
from types import (
    BuiltinFunctionType,
    FunctionType,
    MethodDescriptorType,
    MethodType,
    MethodWrapperType,
    ModuleType,
    WrapperDescriptorType,
)
from typing import Any

from pytest_kvguard.errors import UsageError
from pytest_kvguard.external.time_limit import PASSED_ON, call_here_in_time
from pytest_kvguard.external.user_function import LIMIT_SECONDS, ask, takes_a_second, turns_asked_for
from pytest_kvguard.verifiers.rule import Rule

__all__ = ["RULES"]

VALUE_SCHEMA: dict[str, Any] = {
    "description": "'module:function', e.g. \"checks.tone:is_polite\"",
    "type": "string",
    "pattern": r"^[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*$",
}

MOST_WRAPPERS = 100
"""How many wrappers around a function are looked into; some are made to wrap themselves."""

MACHINERY = (
    *("_pytest", "distutils", "filelock", "huggingface_hub", "jinja2", "numpy", "pip", "pkg_resources", "pluggy"),
    *("pytest", "safetensors", "setuptools", "torch", "transformers", "wheel", "xdist", "yaml"),
)
"""Packages that every run has at hand, some of whose functions load or run what they are given; none judges a reply."""


def _problem(spec: str) -> str | None:
    """Return why a function may not judge replies; None if it may. Imports nothing."""
    return _refusal(spec, spec.partition(":")[0])


def _refusal(spec: str, module: str) -> str | None:
    top = module.partition(".")[0]
    is_pythons = top in sys.stdlib_module_names or top in sys.builtin_module_names
    if not is_pythons and top not in MACHINERY:
        return None
    owner = "Python's own" if is_pythons else "the package"
    return (
        f"{spec!r} stands in {owner} {module!r}, which would do something with the reply instead of judging it. "
        'Name a function of your project that returns True or False, e.g. "checks.tone:is_polite".'
    )


def _imported(module: str) -> ModuleType:
    try:
        return importlib.import_module(module)
    except (Exception, *PASSED_ON):
        raise
    except BaseException as error:  # ``pytest.skip`` or ``sys.exit`` would take the check out of the run
        raise ImportError(f"its import raised {type(error).__name__}: {error}") from error


def _home(function: object) -> str:
    """Return the module of the code that a call runs, whatever it is wrapped in."""
    for _ in range(MOST_WRAPPERS):
        inner = _inner(function)
        if inner is None:
            break
        function = inner
    module = getattr(function, "__module__", None)
    return module if isinstance(module, str) else type(function).__module__


def _inner(function: object) -> object | None:
    """Return what a wrapper calls, the class whose method a method of C is, or None for what has a module itself."""
    if isinstance(function, partial):
        return function.func
    if isinstance(function, MethodType):
        return function.__func__
    if isinstance(function, type):
        return None
    wrapped = inspect.getattr_static(function, "__wrapped__", None) or getattr(function, "__wrapped__", None)
    if callable(wrapped):
        return wrapped  # type: ignore[no-any-return]
    if isinstance(function, BuiltinFunctionType | MethodWrapperType):
        owner = function.__self__
        return None if owner is None or isinstance(owner, ModuleType) else type(owner)
    if isinstance(function, MethodDescriptorType | WrapperDescriptorType):
        return function.__objclass__
    called = inspect.getattr_static(type(function), "__call__", None)
    is_written = isinstance(called, FunctionType | BuiltinFunctionType | staticmethod | partial)
    return called if is_written and not isinstance(function, FunctionType) else None


def _load(spec: str) -> Callable[[str], object]:
    module_name, function_name = spec.split(":")
    try:
        module = call_here_in_time(lambda: _imported(module_name), LIMIT_SECONDS)
        function = getattr(module, function_name)
    except (ImportError, AttributeError, TimeoutError) as error:
        why = f"its import takes {error}" if isinstance(error, TimeoutError) else error
        raise UsageError(
            f"the check function {spec!r} cannot be loaded: {why}. "
            "Write module:function, with the module importable from where pytest runs (see the pythonpath ini value)."
        ) from error
    if not callable(function):
        raise UsageError(f"{spec!r} is a {type(function).__name__}, not a function. Name one that takes a reply.")
    refusal = _refusal(spec, _home(function))
    if refusal:
        raise UsageError(f"the check function {refusal}")
    return function  # type: ignore[no-any-return]


def _converse(text: str, value: Any, turns: Sequence[str]) -> tuple[bool, str]:
    function = _load(value)
    second = ((turns[-1] if turns else ""),) if takes_a_second(function) else ()
    return ask(f"the check function {value!r}", partial(function, **turns_asked_for(function, turns, 1)), text, *second)


def _inspect(text: str, value: Any) -> tuple[bool, str]:
    return _converse(text, value, ())


RULES = (
    Rule(
        "python",
        VALUE_SCHEMA,
        lambda value: f"{value} says yes",
        _inspect,
        judges_blank=True,
        converse=_converse,
        problem=_problem,
        measured=False,
        example="pytest_kvguard.verifiers.table:names",
    ),
)
