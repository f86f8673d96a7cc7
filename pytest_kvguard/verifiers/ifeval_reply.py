"""ifeval: checks that the reply follows one of IFEval's instructions, in the strict or the loose mode."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_kvguard.errors import suggest
from pytest_kvguard.external.optional import missing_package
from pytest_kvguard.verifiers.ifeval.instruction import RELATIONS
from pytest_kvguard.verifiers.ifeval.table import INSTRUCTIONS
from pytest_kvguard.verifiers.rule import Rule, quote

__all__ = ["MODES", "RULES", "family", "loose_variants"]

MODES = ("strict", "loose")

_COUNT = {"description": "a whole number, 1 or more", "type": "integer", "minimum": 1}
_RELATION = {"description": "'less than' or 'at least'", "enum": list(RELATIONS)}
_TEXT = {"description": "a text that is not blank, in quotes", "type": "string", "pattern": "\\S"}
_TEXTS = {"description": "a list of texts that are not blank", "type": "array", "minItems": 1, "items": _TEXT}
_LETTER = {"description": "one character, in quotes", "type": "string", "pattern": "^\\s*\\S\\s*$"}
KWARGS: dict[str, Mapping[str, Any]] = {
    "capital_frequency": _COUNT,
    "capital_relation": _RELATION,
    "end_phrase": _TEXT,
    "first_word": _TEXT,
    "forbidden_words": _TEXTS,
    "frequency": _COUNT,
    "keyword": _TEXT,
    "keywords": _TEXTS,
    "language": {"description": "a language's code, e.g. de", "type": "string", "pattern": "^[a-z]{2}(-[a-z]{2})?$"},
    "let_frequency": _COUNT,
    "let_relation": _RELATION,
    "letter": _LETTER,
    "nth_paragraph": _COUNT,
    "num_bullets": _COUNT,
    "num_highlights": _COUNT,
    "num_paragraphs": _COUNT,
    "num_placeholders": _COUNT,
    "num_sections": _COUNT,
    "num_sentences": _COUNT,
    "num_words": _COUNT,
    "postscript_marker": _TEXT,
    "prompt_to_repeat": _TEXT,
    "relation": _RELATION,
    "section_spliter": _TEXT,
}
_ID = {"description": "the id of an IFEval instruction, e.g. punctuation:no_comma", "enum": sorted(INSTRUCTIONS)}
VALUE_SCHEMA: dict[str, Any] = {
    "description": "the id of an IFEval instruction, or {id: …, mode: loose} with the instruction's own arguments",
    "anyOf": [
        _ID,
        {
            "type": "object",
            "additionalProperties": False,
            "required": ["id"],
            "properties": {
                "id": _ID,
                "mode": {"description": "strict or loose", "enum": list(MODES)},
                **KWARGS,
            },
        },
    ],
}


def _parts(value: Any) -> tuple[str, str, dict[str, Any]]:
    """Return id, mode and keyword arguments."""
    given = dict(value) if isinstance(value, Mapping) else {"id": value}
    return given.pop("id"), given.pop("mode", "strict"), given


def family(value: Any) -> str:
    """Return the family of the instruction that a value names, e.g. ``keywords``."""
    return INSTRUCTIONS[_parts(value)[0]].family


def loose_variants(reply: str) -> tuple[str, ...]:
    """Return the forms of a reply of which one must obey in the loose mode.

    They are the reply as it is, and without its first line, its last or both; each with and without asterisks. Blank
    forms are left out, and equal ones occur once. Source: arXiv:2311.07911, §2.2.
    """
    lines = reply.split("\n")
    shortened = [reply, *("\n".join(part).strip() for part in (lines[1:], lines[:-1], lines[1:-1]))]
    variants = [*shortened, *(text.replace("*", "") for text in shortened)]
    return tuple(dict.fromkeys(text for text in variants if text.strip()))


def _describe(value: Any) -> str:
    name, mode, kwargs = _parts(value)
    arguments = [f"{key} {quote(given) if isinstance(given, str) else given}" for key, given in kwargs.items()]
    return ", ".join([f"IFEval {name}", *arguments]) + (" (loose)" if mode == "loose" else "")


def _inspect(text: str, value: Any) -> tuple[bool, str]:
    name, mode, kwargs = _parts(value)
    inspect = INSTRUCTIONS[name].inspect
    results = [inspect(variant, kwargs) for variant in (loose_variants(text) if mode == "loose" else (text,))]
    # The evidence is the first form that obeys; if none does, the reply as it is.
    return next((result for result in results if result[0]), results[0])


def _problem(value: Any) -> str | None:
    name, _, kwargs = _parts(value)
    arguments = INSTRUCTIONS[name].kwargs
    allowed = ", ".join(arguments) or "none"
    for key in kwargs:
        if key not in arguments:
            return f"{name} takes no {key!r}. Allowed: {allowed}.{suggest(key, arguments) or ' Remove it.'}"
    missing = next((key for key in arguments if key not in kwargs), None)
    if missing is not None:
        return f"{name} needs {missing!r} ({KWARGS[missing]['description']}). It takes: {allowed}. Add it."
    if kwargs.get("nth_paragraph", 0) > kwargs.get("num_paragraphs", kwargs.get("nth_paragraph", 0)):
        return f"nth_paragraph {kwargs['nth_paragraph']} is above num_paragraphs {kwargs['num_paragraphs']}. Lower it."
    problems = (missing_package(package, f"IFEval's {name}", "ifeval") for package in INSTRUCTIONS[name].packages)
    return next(filter(None, problems), None)


RULES = (Rule("ifeval", VALUE_SCHEMA, _describe, _inspect, problem=_problem, example="punctuation:no_comma"),)
