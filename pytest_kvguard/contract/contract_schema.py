"""The JSON Schema of contract files: their keys, and the values of checks and leak detectors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from pytest_kvguard.contract.model import Contract, Generate, Instruction, Orderings
from pytest_kvguard.leaks.table import BUILT_IN as DETECTORS
from pytest_kvguard.verifiers.table import BUILT_IN as RULES

__all__ = ["contract_schema"]

Schema = dict[str, Any]

_NAME: Schema = {
    "description": "one word of letters, digits, _ and -, which can be typed after pytest -k",
    "type": "string",
    "pattern": "^[A-Za-z0-9_-]+$",
}
_TEXT: Schema = {"description": "a text that is not blank", "type": "string", "pattern": "\\S"}
_IDS: Schema = {
    "description": "a list of instruction ids, each once",
    "type": "array",
    "items": {"description": "an instruction id", "type": "string"},
    "uniqueItems": True,
}


@cache
def contract_schema() -> Mapping[str, Any]:
    """Return the JSON Schema of contract files, without the checks and detectors that a project registers."""
    properties = {
        "kvguard": {"description": "1, the version of the contract format", "const": 1},
        "name": _NAME,
        "context": _context(),
        "probes": _probes(),
        "attacks": {
            "description": "a list of names of attacks or styles, e.g. [roleplay, direct-1], or [all]",
            "type": "array",
            "minItems": 1,
            "uniqueItems": True,
            "items": {"description": "the name of an attack or a style", "type": "string"},
        },
        "orderings": _orderings(),
        "gate": _gate(),
        "generate": _generate(),
    }
    required = ("kvguard", "name", "context", "probes")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "kvguard contract",
        **_map(f"a map with the keys {_listed(required)}", properties, required),
        "$defs": {"instruction": _instruction(), "block": _block(), "check": _check(), "no_leak": _no_leak()},
    }


def _map(description: str, properties: Mapping[str, Any], required: Sequence[str] = ()) -> Schema:
    """Return the schema of a map that has no other keys."""
    required_keys = {"required": list(required)} if required else {}
    return {
        "description": description,
        "type": "object",
        "additionalProperties": False,
        **required_keys,
        "properties": dict(properties),
    }


def _whole(description: str, **limits: Any) -> Schema:
    return {"description": description, "type": "integer", **limits}


def _number(description: str, **limits: Any) -> Schema:
    return {"description": description, "type": "number", **limits}


def _listed(names: Iterable[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}"


def _context() -> Schema:
    part = {
        "description": "a map with the keys id and text (an instruction) or block and text (a block)",
        "type": "object",
        "if": {"required": ["block"]},
        "then": {"$ref": "#/$defs/block"},
        "else": {"$ref": "#/$defs/instruction"},
    }
    properties = {
        "preamble": {"description": "the text before the instructions", "type": "string"},
        "join": {
            "description": 'the text between two parts, in double quotes, e.g. "\\n\\n" for a blank line',
            "type": "string",
            "default": Contract.join,
        },
        "instructions": {
            "description": "a list of at least one instruction; blocks of text may stand between them",
            "type": "array",
            "minItems": 1,
            "items": part,
        },
    }
    return _map("a map with the key instructions and, optionally, preamble and join", properties, ["instructions"])


def _probes() -> Schema:
    return {
        "description": "a map from the name of a probe to the user's messages",
        "type": "object",
        "minProperties": 1,
        "propertyNames": _NAME,
        "additionalProperties": {
            "description": "a text that is not blank, or a list of such texts (one per user turn)",
            "anyOf": [_TEXT, {"type": "array", "minItems": 1, "items": _TEXT}],
        },
    }


def _orderings() -> Schema:
    properties: dict[str, Schema] = {
        "sample": _whole(
            "how many shuffled orders to try, 0 to 1000", minimum=0, maximum=1000, default=Orderings.sample
        ),
        "first": {**_IDS, "default": list(Orderings.first)},
        "last": {**_IDS, "default": list(Orderings.last)},
        "search": _whole(
            "how many arrangements a search may try, 0 to 10000", minimum=0, maximum=10000, default=Orderings.search
        ),
        "budget_tokens": _whole("a number of generated tokens, 1 or more", minimum=1, default=Orderings.budget_tokens),
        "shrink_tokens": _whole("a number of generated tokens, 0 or more", minimum=0, default=Orderings.shrink_tokens),
        "subsets": {
            "description": "true or false: whether a search may leave instructions out",
            "type": "boolean",
            "default": Orderings.subsets,
        },
        "distractors": {
            "description": "a list of harmless texts that a search puts between the instructions",
            "type": "array",
            "items": _TEXT,
            "uniqueItems": True,
            "default": list(Orderings.distractors),
        },
        "filler": _filler(),
    }
    return _map(
        "a map with keys such as sample, first, last and search; the instructions are also tried in other orders",
        properties,
    )


def _filler() -> Schema:
    max_words = _whole("a number of words, 1 to 100000", minimum=1, maximum=100000)
    properties = {"max_words": max_words, "text": _TEXT}
    return _map("a map with the key max_words and, optionally, text", properties, ["max_words"])


def _gate() -> Schema:
    properties = {
        "max_lost": _whole("a whole number, 0 or more", minimum=0),
        "max_new_leaks": _whole("a whole number, 0 or more", minimum=0),
        "max_drop": _number(
            "a number from 0 to below 1, e.g. 0.1: how far the share of checks that hold may drop",
            minimum=0,
            exclusiveMaximum=1,
        ),
        "prove": _number(
            "a number from 0.001 to 0.999, e.g. 0.1: the gate passes only if a larger drop is excluded",
            minimum=0.001,
            maximum=0.999,
        ),
        "confidence": _number(
            "a number from 0.5 to 0.9999, e.g. 0.95: how sure a drop must be before it fails, or is excluded",
            minimum=0.5,
            maximum=0.9999,
        ),
        "max_length_ratio": _number(
            "a number above 0 and at most 1000, e.g. 1.5: how much longer replies may become",
            exclusiveMinimum=0,
            maximum=1000,
        ),
        "max_longer_share": _number(
            "a number from 0 to 1, e.g. 0.1: share of replies that may become 1.5 times as long or longer",
            minimum=0,
            maximum=1,
        ),
        "max_distance": _number(
            "a number above 0 and at most 1000, e.g. 2: how far replies may deviate, as a multiple of the noise floor",
            exclusiveMinimum=0,
            maximum=1000,
        ),
    }
    return _map(f"a map with the keys {_listed(properties)}", properties)


def _generate() -> Schema:
    properties: dict[str, Schema] = {
        "max_new_tokens": _whole(
            "a whole number, 1 to 100000", minimum=1, maximum=100000, default=Generate.max_new_tokens
        ),
        "temperature": _number(
            "a number above 0 and at most 10, e.g. 0.7: replies are drawn instead of decoded greedily",
            exclusiveMinimum=0,
            maximum=10,
        ),
        "top_p": _number(
            "a number above 0 and at most 1: tokens are drawn from the most likely ones with this total probability",
            exclusiveMinimum=0,
            maximum=1,
            default=Generate.top_p,
        ),
        "seeds": _whole(
            "a whole number, 1 to 1000: how many replies are drawn per prompt",
            minimum=1,
            maximum=1000,
            default=Generate.seeds,
        ),
    }
    return _map(f"a map with the keys {_listed(properties)}", properties)


def _instruction() -> Schema:
    properties: dict[str, Schema] = {
        "id": _NAME,
        "text": _TEXT,
        "check": {"$ref": "#/$defs/check"},
        "checks": {
            "description": 'a map from the name of a probe to its checks, e.g. {opening: {contains: "9:30"}}',
            "type": "object",
            "minProperties": 1,
            "propertyNames": _NAME,
            "additionalProperties": {"$ref": "#/$defs/check"},
        },
        "no_leak": {"$ref": "#/$defs/no_leak"},
        "probes": {
            "description": "a list of names of probes, each once",
            "type": "array",
            "minItems": 1,
            "uniqueItems": True,
            "items": {"description": "the name of a probe", "type": "string"},
        },
        "protect": {
            "description": "true or false: whether keep(policy) must never drop this instruction",
            "type": "boolean",
            "default": Instruction.protect,
        },
        "paraphrases": {
            "description": "a list of other wordings of the text, each once",
            "type": "array",
            "minItems": 1,
            "uniqueItems": True,
            "items": _TEXT,
        },
    }
    return _map("a map with the keys id and text", properties, ["id", "text"])


def _block() -> Schema:
    return _map("a map with the keys block (its name) and text", {"block": _NAME, "text": _TEXT}, ["block", "text"])


def _check() -> Schema:
    return {
        "description": 'a map from the name of a check to its value, e.g. {contains: "9:30"}; checks registered by the '
        "project are allowed too",
        "type": "object",
        "minProperties": 1,
        "properties": {name: RULES[name].value_schema for name in sorted(RULES)},
    }


def _no_leak() -> Schema:
    return {
        "description": f'a map with the keys {_listed(DETECTORS)}, e.g. {{canary: "KX-4471"}}',
        "type": "object",
        "minProperties": 1,
        "additionalProperties": False,
        "properties": {name: detector.value_schema for name, detector in DETECTORS.items()},
    }
