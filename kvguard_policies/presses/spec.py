"""Specs of presses, such as ``AdaKVPress(SnapKVPress(window_size=16))``, and the presses built from them."""

from __future__ import annotations

import ast
import difflib
from dataclasses import fields, is_dataclass
from typing import Any

from kvguard_policies.policy import PolicyError
from kvguard_policies.presses.containment import import_kvpress

__all__ = ["make_press", "press_names"]


def press_names() -> tuple[str, ...]:
    """Return the names of all presses of the installed kvpress, sorted."""
    kvpress = import_kvpress()
    return tuple(sorted(name for name in kvpress.__all__ if name.endswith("Press") and name not in _ABSTRACT))


_ABSTRACT = ("BasePress", "ScorerPress")


def make_press(text: str) -> Any:
    """Return a new press from its spec: a name, or a call whose arguments are presses, lists of them, or literals.

    Raises:
        PolicyError: unknown press, wrong option, or an error raised by the press itself.
    """
    return _build(ast.parse(text, mode="eval").body, text)


def _build(node: ast.expr, text: str) -> Any:
    if isinstance(node, ast.Name):
        return _call(node.id, [], {}, text)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        arguments = [_build(argument, text) for argument in node.args]
        options = {str(word.arg): _build(word.value, text) for word in node.keywords}
        return _call(node.func.id, arguments, options, text)
    if isinstance(node, ast.List | ast.Tuple):
        return [_build(part, text) for part in node.elts]
    try:
        return ast.literal_eval(node)
    except (TypeError, ValueError):
        raise PolicyError(
            f"{ast.unparse(node)!r} in kvpress:{text} is neither a number, a string, a list nor a press"
        ) from None


def _call(name: str, arguments: list[Any], options: dict[str, Any], text: str) -> Any:
    known = press_names()
    if name not in known:
        close = difflib.get_close_matches(name, known, n=1)
        hint = f" Did you mean {close[0]}?" if close else ""
        raise PolicyError(f"kvpress has no {name}.{hint} It has {', '.join(known)}")
    press_class = getattr(import_kvpress(), name)
    try:
        return press_class(*arguments, **options)
    except (AssertionError, AttributeError, TypeError, ValueError) as error:
        reason = " ".join(str(error).split()) or "it gives no reason"
        raise PolicyError(f"kvpress refuses {name}: {reason}.{_options_of(press_class)}") from error


def _options_of(press_class: Any) -> str:
    names = [field.name for field in fields(press_class) if field.init] if is_dataclass(press_class) else []
    return f" Its options: {', '.join(names)}" if names else ""
