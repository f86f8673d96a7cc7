"""Command-line options and ini values, read into one frozen value."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import product

import pytest

from pytest_kvguard.backends.specs import NO_POLICY, SpecError, check_spec, parse_ratio, split_specs
from pytest_kvguard.errors import suggest

__all__ = ["KVOptions", "Point", "add_options", "read_options"]

SCOPES = ("context", "prompt", "decode")
DEFAULT_RATIO = "0.5"

_VALUES = (
    # option strings, ini name, default, metavar, help
    (
        ("--kv-policy",),
        "kv_policy",
        "",
        "SPEC",
        "policies, e.g. snapkv,fair(snapkv(window=16)); none: uncompressed only",
    ),
    (("--ratio", "--kv-ratio"), "kv_ratio", DEFAULT_RATIO, "R", "fractions of KV entries to remove, e.g. 0.25,0.5"),
    (("--kv-scope",), "kv_scope", "context", "SCOPE", "what is compressed: context, prompt or decode"),
    (("--kv-model",), "kv_model", "probe", "MODEL", "hub id, directory, .gguf file, probe (default) or smollm2"),
    (("--kv-device",), "kv_device", "cpu", "DEVICE", "torch device, e.g. cpu or cuda:0"),
    (("--kv-dtype",), "kv_dtype", "float32", "DTYPE", "float32, bfloat16, float16 or auto"),
    (("--kv-attn",), "kv_attn", "sdpa", "KERNEL", "attention kernels, e.g. sdpa,eager"),
    (("--kv-seed",), "kv_seed", "0", "N", "seed of sampled instruction orders"),
)
EMPTY = {
    "kv_policy": f"Name a policy, or write --kv-policy={NO_POLICY} to run the uncompressed model alone.",
    "kv_ratio": f"Write the fraction of entries to remove, e.g. --ratio={DEFAULT_RATIO}.",
    "kv_attn": "Name an attention kernel, e.g. --kv-attn=sdpa.",
}
"""What to write instead of nothing, which is what a script's unset variable leaves."""
_FLAGS = (
    ("--kv-strict", "kv_strict", "fail checks that the uncompressed model does not satisfy (UNMET)"),
    ("--kv-trust-remote-code", "kv_trust_remote_code", "run code that a hub repository brings along"),
)


@dataclass(frozen=True)
class Point:
    """One cell of policies x ratios x kernels."""

    policy: str
    ratio: str
    kernel: str


@dataclass(frozen=True)
class KVOptions:
    """What the user asked for.

    Attributes:
        points: the cells to run every contract under; one per kernel without a policy.
        scope: what is compressed.
        model, device, dtype, trust_remote_code: how the model is loaded.
        seed: of sampled orders.
        strict: UNMET fails.
        typed: names of the options given on the command line, without ``kv_``.
    """

    points: tuple[Point, ...]
    scope: str
    model: str
    device: str
    dtype: str
    trust_remote_code: bool
    seed: int
    strict: bool
    typed: frozenset[str] = frozenset()

    @property
    def policies(self) -> tuple[str, ...]:
        """The distinct policies, without ``none``."""
        return tuple(dict.fromkeys(point.policy for point in self.points if point.policy != NO_POLICY))

    @property
    def kernels(self) -> tuple[str, ...]:
        """The distinct kernels."""
        return tuple(dict.fromkeys(point.kernel for point in self.points))


def add_options(parser: pytest.Parser) -> None:
    """Declare every option and its ini twin."""
    group = parser.getgroup("kvguard", "KV-cache compression guard")
    for strings, ini, default, metavar, text in _VALUES:
        group.addoption(*strings, dest=ini, action="append", default=[], metavar=metavar, help=text)
        parser.addini(ini, f"{text} (same as {strings[0]})", default=default)
    for string, ini, text in _FLAGS:
        group.addoption(string, dest=ini, action="store_true", default=None, help=text)
        parser.addini(ini, f"{text} (same as {string})", type="bool", default=False)


def read_options(config: pytest.Config) -> KVOptions:
    """Return the options, checked.

    Raises:
        pytest.UsageError: unknown policy, ratio out of range, unknown scope, seed that is no number.
    """
    try:
        policies = _policies(_many(config, "kv_policy"))
        ratios = _distinct_ratios(_many(config, "kv_ratio"))
    except SpecError as error:
        raise pytest.UsageError(str(error)) from None
    kernels = _many(config, "kv_attn")
    cells = [(NO_POLICY, "0")] if not policies else list(product(policies, ratios))
    return KVOptions(
        points=tuple(Point(policy, ratio, kernel) for (policy, ratio), kernel in product(cells, kernels)),
        scope=_scope(_one(config, "kv_scope")),
        model=_one(config, "kv_model"),
        device=_one(config, "kv_device"),
        dtype=_one(config, "kv_dtype"),
        trust_remote_code=_flag(config, "kv_trust_remote_code"),
        seed=_seed(_one(config, "kv_seed")),
        strict=_flag(config, "kv_strict"),
        typed=frozenset(ini.removeprefix("kv_") for _, ini, *_ in _VALUES if config.getoption(ini)),
    )


def _distinct_ratios(texts: list[str]) -> list[str]:
    """Return the ratios as first written; 0.5 and 0.50 are one."""
    distinct: dict[Fraction, str] = {}
    for text in texts:
        distinct.setdefault(parse_ratio(text), text)
    return list(distinct.values())


def _policies(specs: list[str]) -> list[str]:
    wanted = [spec for spec in specs if spec != NO_POLICY]
    for spec in wanted:
        check_spec(spec)
    return wanted


def _many(config: pytest.Config, name: str) -> list[str]:
    """Return a repeatable, comma-separated option; commas inside parentheses do not separate."""
    typed: list[str] = config.getoption(name)
    parts = list(dict.fromkeys(part for text in typed or [str(config.getini(name))] for part in split_specs(text)))
    if typed and not parts:
        raise pytest.UsageError(f"--{name.replace('_', '-')} is empty. {EMPTY[name]}")
    return parts


def _one(config: pytest.Config, name: str) -> str:
    """Return the last value given."""
    given: list[str] = config.getoption(name)
    return given[-1] if given else str(config.getini(name))


def _flag(config: pytest.Config, name: str) -> bool:
    return bool(config.getoption(name) or config.getini(name))


def _scope(name: str) -> str:
    if name not in SCOPES:
        raise pytest.UsageError(f"Unknown --kv-scope={name}.{suggest(name, SCOPES)} Allowed: {', '.join(SCOPES)}.")
    return name


def _seed(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise pytest.UsageError(f"--kv-seed={text} is not a whole number.") from None
