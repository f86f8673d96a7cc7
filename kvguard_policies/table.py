"""Names of policies, and the grammar of spec strings such as ``fair(snapkv(window=16, kernel=5))``. Torch-free."""

from __future__ import annotations

import ast
import difflib
import importlib
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from fractions import Fraction
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kvguard_policies.policy import Policy

__all__ = [
    "ENTRY_POINT_GROUP",
    "SpecError",
    "cache_names",
    "check_spec",
    "ignores_ratio",
    "is_cache",
    "load",
    "names",
    "parse_ratio",
    "put_cache_around",
    "quantizer_names",
    "quantizes",
    "split_specs",
    "targets",
]

ENTRY_POINT_GROUP = "kvguard_policies"

_BUILT_IN = {
    "adakv": "kvguard_policies.budgets.adakv:AdaKV",
    "expected_attention": "kvguard_policies.scores.expected_attention:ExpectedAttention",
    "fair": "kvguard_policies.modifiers.fair:Fair",
    "h2o": "kvguard_policies.scores.h2o:H2O",
    "keep": "kvguard_policies.modifiers.keep:Keep",
    "keydiff": "kvguard_policies.scores.keydiff:KeyDiff",
    "knorm": "kvguard_policies.scores.knorm:KNorm",
    "observed_attention": "kvguard_policies.scores.observed_attention:ObservedAttention",
    "pyramidkv": "kvguard_policies.budgets.pyramidkv:PyramidKV",
    "random": "kvguard_policies.scores.random_scores:RandomScores",
    "snapkv": "kvguard_policies.scores.snapkv:SnapKV",
    "streaming_llm": "kvguard_policies.scores.streaming_llm:StreamingLLM",
    "tova": "kvguard_policies.scores.tova:TOVA",
}

_QUANTIZERS = {
    "fp8": "kvguard_policies.quantizers.fp8:FP8",
    "gear": "kvguard_policies.quantizers.gear:Gear",
    "hqq": "kvguard_policies.quantizers.hqq:HQQ",
    "kivi": "kvguard_policies.quantizers.kivi:Kivi",
    "quanto": "kvguard_policies.quantizers.quanto:Quanto",
}

_PRESS = "kvpress:"
"""Prefix of presses; what stands inside is kvpress's own and is read by ``presses``."""

_CACHES = {
    "dynamic": "kvguard_policies.caches.dynamic:Dynamic",
    "offloaded": "kvguard_policies.caches.offloaded:Offloaded",
    "sliding": "kvguard_policies.caches.sliding:Sliding",
    "static": "kvguard_policies.caches.static:Static",
}

_PATH = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")
_ALIAS = "kvguard_path_"


class SpecError(ValueError):
    """A policy spec or ratio cannot be read; the message ends in a remedy."""


def _installed() -> dict[str, str]:
    return {point.name: point.value for point in entry_points(group=ENTRY_POINT_GROUP)}


def names() -> tuple[str, ...]:
    """Return the names of policies that evict, sorted: the built-in ones and those of installed packages."""
    return tuple(sorted({**_BUILT_IN, **_installed()}))


def quantizer_names() -> tuple[str, ...]:
    """Return the names of the quantizers, sorted."""
    return tuple(sorted(_QUANTIZERS))


def cache_names() -> tuple[str, ...]:
    """Return the names of transformers' caches that quantize nothing, sorted."""
    return tuple(sorted(_CACHES))


def quantizes(spec: str) -> bool:
    """Return whether a spec names one of ``quantizer_names``, around a policy or not; imports no torch."""
    return _root(spec) in _QUANTIZERS


def is_cache(spec: str) -> bool:
    """Return whether a spec names one of ``cache_names``; imports no torch."""
    return _root(spec) in _CACHES


def ignores_ratio(spec: str) -> bool:
    """Return whether a spec names a cache, or a quantizer without a policy, so that its ratio is 0."""
    tree, _ = _parse(spec)
    if not quantizes(spec) or not isinstance(tree, ast.Call):
        return quantizes(spec) or is_cache(spec)
    return not tree.args and "base" not in [word.arg for word in tree.keywords]


def put_cache_around(cache: str, policy: str) -> str:
    """Return the spec of a policy in a cache: ``quanto(bits=2)`` and ``snapkv`` are ``quanto(snapkv, bits=2)``.

    Raises:
        SpecError: the cache is unknown or takes no policy, or it names one already.
    """
    known = (*cache_names(), *quantizer_names())
    if not quantizes(cache) and not is_cache(cache):
        name = _root(cache) or cache
        close = difflib.get_close_matches(name, known, n=1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        raise SpecError(f"Unknown cache --kv-cache={cache}.{hint} Known: {', '.join(sorted(known))}.")
    if not policy:
        return cache
    if is_cache(cache):
        raise SpecError(
            f"--kv-cache={cache} holds what comes and takes no policy, but --kv-policy={policy} was given. Run them "
            f"apart, or store what the policy keeps in a quantizer: --kv-cache=quanto."
        )
    if not ignores_ratio(cache):
        raise SpecError(f"--kv-cache={cache} names a policy already. Leave it out, or leave --kv-policy out.")
    name, _, options = cache.strip().partition("(")
    return f"{name}({policy})" if not options else f"{name}({policy}, {options}"


def _root(spec: str) -> str:
    """Return the name that a spec begins with; empty for a path."""
    tree, paths = _parse(spec)
    root = tree.func if isinstance(tree, ast.Call) else tree
    return root.id if isinstance(root, ast.Name) and root.id not in paths else ""


def parse_ratio(text: str) -> Fraction:
    """Return a ratio exactly as written.

    Raises:
        SpecError: not a number, or outside 0 <= r < 1.
    """
    try:
        ratio = Fraction(text.strip())
    except (ValueError, ZeroDivisionError):
        raise SpecError(
            f"The ratio {text!r} is not a number. Write the fraction of entries to remove, e.g. --ratio=0.5."
        ) from None
    if not 0 <= ratio < 1:
        hint = f" Did you mean {float(ratio) / 100:g}?" if 1 < ratio < 100 else ""
        raise SpecError(f"The ratio {text} is outside 0 <= r < 1; it is the fraction of entries to remove.{hint}")
    return ratio


def split_specs(text: str) -> list[str]:
    """Split ``a,b(c, d),e`` at the commas outside parentheses; empty parts are dropped."""
    parts, depth, start = [], 0, 0
    for i, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if char == "," and depth == 0:
            parts.append(text[start:i])
            start = i + 1
    return [part.strip() for part in [*parts, text[start:]] if part.strip()]


def check_spec(spec: str) -> None:
    """Raise ``SpecError`` when a spec is malformed or names an unknown policy; imports no torch."""
    targets(spec)


def targets(spec: str) -> tuple[str, ...]:
    """Return ``module:Class`` of every policy a spec names, sorted; imports no torch.

    Raises:
        SpecError: malformed spec, or an unknown policy.
    """
    tree, paths = _parse(spec)
    return tuple(sorted({paths.get(name) or _target(name, spec) for name in _names_in(tree, paths)}))


def load(spec: str) -> Policy:
    """Return the policy a spec string describes.

    Args:
        spec: a name, ``name(option=value)``, wrappers around other specs, or ``package.module:Class(...)``.

    Raises:
        SpecError: malformed spec, unknown policy or option, or a class that cannot be imported.

    Example:
        >>> load("fair(snapkv(window=8))").spec                                # doctest: +SKIP
        'fair(snapkv(window=8))'
    """
    tree, paths = _parse(spec)
    return _build(tree, paths, spec)


def _parse(spec: str) -> tuple[ast.expr, dict[str, str]]:
    paths: dict[str, str] = {}

    def alias(match: re.Match[str]) -> str:
        name = f"{_ALIAS}{len(paths)}"
        paths[name] = match.group()
        return name

    try:
        tree = ast.parse(_PATH.sub(alias, spec.strip()), mode="eval").body
    except SyntaxError:
        tree = ast.Constant(None)
    if not isinstance(tree, ast.Name | ast.Call):
        raise SpecError(
            f"The policy {spec!r} cannot be read. Write a name, name(option=value) or wrapper(name), "
            "e.g. fair(snapkv(window=16)); quote it for the shell."
        )
    return tree, paths


def _names_in(node: ast.AST, paths: dict[str, str]) -> Iterator[str]:
    """Yield the names of policies; what stands inside a press is kvpress's own."""
    if isinstance(node, ast.Name):
        yield node.id
    inside = [node.func] if isinstance(node, ast.Call) and _is_press(node, paths) else ast.iter_child_nodes(node)
    for child in inside:
        yield from _names_in(child, paths)


def _is_press(node: ast.expr, paths: dict[str, str]) -> bool:
    function = node.func if isinstance(node, ast.Call) else node
    return isinstance(function, ast.Name) and paths.get(function.id, "").startswith(_PRESS)


def _press_text(node: ast.expr, paths: dict[str, str]) -> str:
    """Return a press as it is written in Python."""
    text = ast.unparse(node)
    for alias in sorted(paths, key=len, reverse=True):
        text = text.replace(alias, paths[alias].removeprefix(_PRESS))
    return text


def _target(name: str, spec: str) -> str:
    """Return ``module:Class`` of a policy name."""
    table = {**_BUILT_IN, **_QUANTIZERS, **_CACHES, **_installed()}
    if name in table:
        return table[name]
    close = difflib.get_close_matches(name, table, n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    where = "" if name == spec.strip() else f" in {spec!r}"
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
        raise SpecError(f"The policy {spec!r} cannot be made: {error}.{listed}") from error
    return policy


def _value(node: ast.expr, paths: dict[str, str], spec: str) -> Any:
    if isinstance(node, ast.Name | ast.Call):
        return _build(node, paths, spec, inside=True)
    try:
        return ast.literal_eval(node)
    except (TypeError, ValueError):
        raise SpecError(
            f"{ast.unparse(node)!r} in {spec!r} is neither a number, a string nor a policy. Write name(option=value)."
        ) from None


def _import(target: str, spec: str) -> Any:
    module, _, name = target.partition(":")
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise SpecError(
            f"The policy {spec!r} cannot be imported: {error}. Check the path; run pytest where the package is "
            "importable (`python -m pytest` adds the current folder)."
        ) from error


def _options_of(target: str, spec: str) -> str:
    made = _import(target, spec)
    options = [field.name for field in fields(made)] if is_dataclass(made) else []
    return f" Its options: {', '.join(options)}." if options else " It has no options."
