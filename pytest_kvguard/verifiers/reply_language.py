"""language: checks that the reply is in one language; undecided where the reply is too short to tell."""

from __future__ import annotations

from typing import Any

from pytest_kvguard.errors import suggest
from pytest_kvguard.external.optional import missing_package
from pytest_kvguard.text.han_variants import written_variant
from pytest_kvguard.verifiers.language_identification import SCRIPT_LANGUAGES, Identified, codes, identify
from pytest_kvguard.verifiers.rule import Rule

__all__ = ["RULES"]

LEAST_SHARE = 0.8
"""The share of a reply of several languages that must be in the right one."""

LONG = 150
"""A reply of so many letters that is in no language for sure is babble: it fails."""

VARIANTS = ("zh-cn", "zh-tw")
_OTHER_NAMES = {"no": ("nb", "nn")}

VALUE_SCHEMA: dict[str, Any] = {
    "description": "the code of a language, e.g. de or zh-cn",
    "type": "string",
    "minLength": 1,
    "maxLength": 40,
}


def _inspect(text: str, value: Any) -> tuple[bool | None, str]:
    code = str(value).partition("-")[0]
    wanted = _OTHER_NAMES.get(code, (code,))
    identified = identify(text, wanted[0])
    if not identified.shares:
        return _unsure(identified, wanted[0])
    holds = sum(identified.shares.get(name, 0.0) for name in wanted) >= LEAST_SHARE
    observed = "language " + " and ".join(_part(*share) for share in identified.shares.items())
    return _of_variant(text, value, observed) if holds and value in VARIANTS else (holds, observed)


def _part(code: str, share: float) -> str:
    return code if share == 1 else f"{code} ({share:.0%})"


def _unsure(identified: Identified, code: str) -> tuple[bool | None, str]:
    if not identified.letters:
        return False, "language not detectable: no word in the reply"
    if identified.letters >= LONG:
        return False, "language not detectable, though the reply is long"
    if identified.excludes(code):
        return False, f"language not {code}: written in {', '.join(sorted(identified.scripts))}"
    return None, "language not sure: the reply is too short"


def _of_variant(text: str, value: str, observed: str) -> tuple[bool | None, str]:
    variant = written_variant(text)
    return (variant == value if variant else None), variant and f"language {variant}" or f"{observed}, either variant"


def _problem(value: Any) -> str | None:
    missing = missing_package("lingua")
    if missing:
        return missing
    languages = codes()
    allowed = sorted({*languages, *SCRIPT_LANGUAGES.values(), *VARIANTS})
    if value in allowed:
        return None
    return (
        f"{value!r} is not the code of a language that can be told. Allowed: {', '.join(allowed)}."
        f"{_nearest(str(value), languages) or suggest(str(value), allowed)}"
    )


def _nearest(value: str, languages: dict[str, tuple[str, str]]) -> str:
    """Return the code that a name, a code of three letters or a code with a region means, as a suggestion."""
    first = value.casefold().replace("_", "-").partition("-")[0]
    names = {name.casefold(): code for code, known in languages.items() for name in (code, *known)}
    code = names.get(first)
    return f" Did you mean {code!r}? Regions are not told apart, apart from zh-cn and zh-tw." if code else ""


RULES = (
    Rule("language", VALUE_SCHEMA, lambda value: f"in language {value}", _inspect, problem=_problem, example="de"),
)
