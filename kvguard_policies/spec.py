"""The grammar of policy specs such as ``fair(snapkv(window=16))``, and the policies they describe.

A spec is parsed once, into a ``PolicySpec``. Torch is imported when the policy itself is loaded.
"""

from __future__ import annotations

import ast
import cmath
import difflib
import importlib
import re
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

from kvguard_policies.exact_numbers import read_fraction
from kvguard_policies.table import CACHES, QUANTIZERS, all_targets, cache_names, quantizer_names

if TYPE_CHECKING:
    from kvguard_policies.policy import Policy

__all__ = ["PolicySpec", "SpecError", "load", "parse_ratio", "put_cache_around", "split_specs"]

_PRESS = "kvpress:"
"""Prefix of presses. kvpress itself parses their arguments."""

_PATH = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")
_ALIAS = "kvguard_path_"

_LONGEST_SPEC = 10_000


class SpecError(ValueError):
    """A policy spec or ratio cannot be read; the message ends in a remedy."""


@dataclass(frozen=True)
class PolicySpec:
    """A policy as the user named it, parsed once.

    Attributes:
        text: a name, ``name(option=value)``, wrappers around other specs, or ``package.module:Class(...)``.
    """

    text: str

    @classmethod
    def read(cls, text: str) -> PolicySpec:
        """Return the spec that a text describes; imports no torch.

        Raises:
            SpecError: the spec is malformed, or names an unknown policy.
        """
        spec = cls(text.strip())
        spec.check()
        return spec

    def check(self) -> None:
        """Raise ``SpecError`` for a malformed spec or an unknown policy."""
        for target in self.targets:
            _require_policy_module(target.partition(":")[0], self.text)

    def __str__(self) -> str:
        return self.text

    def __reduce__(self) -> tuple[type[PolicySpec], tuple[str]]:
        return PolicySpec, (self.text,)

    @cached_property
    def tree(self) -> ast.expr:
        """The syntax tree; in it, an alias stands for each ``module:Class``."""
        return self._parsed[0]

    @cached_property
    def _paths(self) -> dict[str, str]:
        return self._parsed[1]

    @cached_property
    def _parsed(self) -> tuple[ast.expr, dict[str, str]]:
        return _parse(self.text)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the policies in the spec, outermost first."""
        return tuple(_names_in(self.tree, self._paths))

    @cached_property
    def targets(self) -> tuple[str, ...]:
        """``module:Class`` of every policy in the spec, sorted."""
        return tuple(sorted({self._paths.get(name) or _target(name, self.text) for name in self.names}))

    @cached_property
    def root(self) -> str:
        """The outermost name of the spec; empty for ``module:Class``."""
        root = self.tree.func if isinstance(self.tree, ast.Call) else self.tree
        return root.id if isinstance(root, ast.Name) and root.id not in self._paths else ""

    @cached_property
    def family(self) -> str:
        """The spec without its settings: ``fair(snapkv)`` for ``fair(snapkv(window=16), mix=0.5)``."""
        text = _without_settings(self.tree, self._paths)
        for alias in sorted(self._paths, key=len, reverse=True):
            text = text.replace(alias, self._paths[alias])
        return text

    @property
    def names_code(self) -> bool:
        """Whether a class, or a press of kvpress, is named by its path instead of by a registered name."""
        return bool(self._paths)

    @property
    def quantizes(self) -> bool:
        """Whether the outermost name is a quantizer, with or without a policy inside."""
        return self.root in QUANTIZERS

    @property
    def is_cache(self) -> bool:
        """Whether the spec names one of transformers' caches that do not quantize."""
        return self.root in CACHES

    @property
    def ignores_ratio(self) -> bool:
        """Whether the spec names a cache, or a quantizer without a policy, so that its ratio is 0."""
        if not self.quantizes or not isinstance(self.tree, ast.Call):
            return self.quantizes or self.is_cache
        return not self.tree.args and "base" not in [word.arg for word in self.tree.keywords]

    def build(self) -> Policy:
        """Return the policy; see ``load``."""
        return _build(self.tree, self._paths, self.text)


def put_cache_around(cache: PolicySpec, policy: PolicySpec | None) -> PolicySpec:
    """Return the spec of a policy in a cache: ``quanto(bits=2)`` and ``snapkv`` are ``quanto(snapkv, bits=2)``.

    Raises:
        SpecError: the cache is unknown, takes no policy, or already names one.
    """
    if not cache.quantizes and not cache.is_cache:
        known = (*cache_names(), *quantizer_names())
        close = difflib.get_close_matches(_shortened(cache.root or cache.text), known, n=1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        raise SpecError(f"Unknown cache --kv-cache={_shortened(cache.text)}.{hint} Known: {', '.join(sorted(known))}.")
    if policy is None:
        return cache
    if cache.is_cache:
        raise SpecError(
            f"--kv-cache={cache} decides by itself what it stores and takes no policy, but --kv-policy={policy} was "
            "given. Test them in separate runs, or store what the policy keeps in a quantizer: --kv-cache=quanto."
        )
    if not cache.ignores_ratio:
        raise SpecError(f"--kv-cache={cache} already names a policy. Remove that policy, or drop --kv-policy.")
    name, _, options = cache.text.partition("(")
    return PolicySpec(f"{name}({policy})" if not options else f"{name}({policy}, {options}")


def parse_ratio(text: str) -> Fraction:
    """Return a ratio exactly as written.

    Raises:
        SpecError: the text is not a number, or the number is outside 0 <= r < 1.
    """
    try:
        ratio = read_fraction(text)
    except (ValueError, ZeroDivisionError):
        raise SpecError(
            f"The ratio {_shortened(text)!r} is not a number. Write the fraction of entries to remove, "
            "e.g. --ratio=0.5."
        ) from None
    if not 0 <= ratio < 1:
        hint = f" Did you mean {float(ratio) / 100:g}?" if 1 < ratio < 100 else ""
        raise SpecError(
            f"The ratio {text.strip()} is outside 0 <= r < 1; it is the fraction of entries to remove.{hint}"
        )
    return ratio


def _shortened(text: str) -> str:
    """Return a text of at most 80 characters, for a message."""
    return text if len(text) <= 80 else f"{text[:80]}…"


def split_specs(text: str) -> list[str]:
    """Split ``a,b(c, d),e`` at the commas outside parentheses; empty parts are dropped."""
    parts, depth, start = [], 0, 0
    for i, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if char == "," and depth == 0:
            parts.append(text[start:i])
            start = i + 1
    return [part.strip() for part in [*parts, text[start:]] if part.strip()]


def load(spec: str | PolicySpec) -> Policy:
    """Return the policy that a spec describes.

    Args:
        spec: the spec, or its text.

    Raises:
        SpecError: the spec is malformed, names an unknown policy or option, or a class that cannot be imported.

    Example:
        >>> load("fair(snapkv(window=8))").spec                                # doctest: +SKIP
        'fair(snapkv(window=8))'
    """
    return (PolicySpec(spec.strip()) if isinstance(spec, str) else spec).build()


def _parse(spec: str) -> tuple[ast.expr, dict[str, str]]:
    paths: dict[str, str] = {}

    def alias(match: re.Match[str]) -> str:
        name = f"{_ALIAS}{len(paths)}"
        paths[name] = match.group()
        return name

    tree: ast.expr = ast.Constant(None)
    if len(spec) <= _LONGEST_SPEC:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", SyntaxWarning)
                tree = ast.parse(_PATH.sub(alias, spec.strip()), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            pass  # Python raises the last two for texts that nest too deeply
    if not isinstance(tree, ast.Name | ast.Call):
        raise SpecError(
            f"The policy {_shortened(spec)!r} cannot be read. Write a name, name(option=value) or wrapper(name), "
            "e.g. fair(snapkv(window=16)); quote it for the shell."
        )
    return tree, paths


def _names_in(node: ast.AST, paths: dict[str, str]) -> Iterator[str]:
    """Yield the names of policies, leaving out the arguments of presses, which kvpress parses."""
    if isinstance(node, ast.Name):
        yield node.id
    inside = [node.func] if isinstance(node, ast.Call) and _is_press(node, paths) else ast.iter_child_nodes(node)
    for child in inside:
        yield from _names_in(child, paths)


def _without_settings(node: ast.expr, paths: dict[str, str]) -> str:
    """Return the source of a policy, and of those inside it, without values that are no policy."""
    if not isinstance(node, ast.Call):
        return ast.unparse(node)
    values = [] if _is_press(node, paths) else [*node.args, *(word.value for word in node.keywords)]
    inside = [_without_settings(value, paths) for value in values if isinstance(value, ast.Name | ast.Call)]
    return ast.unparse(node.func) + (f"({', '.join(inside)})" if inside else "")


def _is_press(node: ast.expr, paths: dict[str, str]) -> bool:
    function = node.func if isinstance(node, ast.Call) else node
    return isinstance(function, ast.Name) and paths.get(function.id, "").startswith(_PRESS)


def _press_text(node: ast.expr, paths: dict[str, str]) -> str:
    """Return the Python source of a press, without the prefix."""
    text = ast.unparse(node)
    for alias in sorted(paths, key=len, reverse=True):
        text = text.replace(alias, paths[alias].removeprefix(_PRESS))
    return text


def _target(name: str, spec: str) -> str:
    """Return ``module:Class`` of a policy name."""
    table = all_targets()
    if name in table:
        return table[name]
    name = _shortened(name)
    close = difflib.get_close_matches(name, table, n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    where = "" if name == _shortened(spec.strip()) else f" in {_shortened(spec)!r}"
    raise SpecError(
        f"Unknown policy {name!r}{where}.{hint} Known: {', '.join(sorted(table))}; your own: package.module:Class."
    )


def _build(node: ast.expr, paths: dict[str, str], spec: str, inside: bool = False) -> Policy:
    if _is_press(node, paths):
        home = "press_scores:PressScores" if inside else "press:Press"
        return _make(f"kvguard_policies.presses.{home}", [_press_text(node, paths)], {}, spec)
    function, arguments, options = node, [], {}
    if isinstance(node, ast.Call):
        function = node.func
        arguments = [_value(argument, paths, spec) for argument in node.args]
        options = {str(word.arg): _value(word.value, paths, spec) for word in node.keywords}
    if not isinstance(function, ast.Name):
        raise SpecError(f"The policy {spec!r} cannot be read near {ast.unparse(node)!r}. Write name(option=value).")
    return _make(paths.get(function.id) or _target(function.id, spec), arguments, options, spec)


def _make(target: str, arguments: list[Any], options: dict[str, Any], spec: str) -> Policy:
    try:
        policy: Policy = _import(target, spec)(*arguments, **options)
    except (TypeError, ValueError) as error:
        listed = "" if target.startswith("kvguard_policies.presses.") else _options_of(target, spec)
        raise SpecError(f"The policy {spec!r} cannot be created: {error}.{listed}") from error
    return policy


def _value(node: ast.expr, paths: dict[str, str], spec: str) -> Any:
    if isinstance(node, ast.Name | ast.Call):
        return _build(node, paths, spec, inside=True)
    try:
        value = ast.literal_eval(node)
    except (TypeError, ValueError):
        raise SpecError(
            f"{ast.unparse(node)!r} in {spec!r} is neither a number, a string nor a policy. Write name(option=value)."
        ) from None
    if isinstance(value, float | complex) and not cmath.isfinite(value):
        raise SpecError(f"{ast.unparse(node)!r} in {_shortened(spec)!r} is no finite number. Write one.")
    return value


def _require_policy_module(module: str, spec: str) -> None:
    """Raise ``SpecError`` for Python's own modules: building ``subprocess:Popen(...)`` would start a program."""
    if module.partition(".")[0] in sys.stdlib_module_names:
        raise SpecError(
            f"The policy {_shortened(spec)!r} names Python's own module {module!r}, which holds no policy. Write the "
            "path of a class of your own: package.module:Class."
        )


def _import(target: str, spec: str) -> Any:
    module, _, name = target.partition(":")
    _require_policy_module(module, spec)
    try:
        found = getattr(importlib.import_module(module), name)
        _require_policy_module(str(getattr(found, "__module__", "")), spec)  # it may be Python's own by another name
        return found
    except (ImportError, AttributeError) as error:
        raise SpecError(
            f"The policy {spec!r} cannot be imported: {error}. Check the path; run pytest where the package is "
            "importable (`python -m pytest` adds the current folder)."
        ) from error


def _options_of(target: str, spec: str) -> str:
    policy_class = _import(target, spec)
    options = [field.name for field in fields(policy_class)] if is_dataclass(policy_class) else []
    return f" Its options: {', '.join(options)}." if options else " It has no options."
