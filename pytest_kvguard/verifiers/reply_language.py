"""language: checks that the reply is in one language."""

from __future__ import annotations

from typing import Any

from pytest_kvguard.errors import suggest
from pytest_kvguard.external.optional import missing_package
from pytest_kvguard.verifiers.language_detection import detect_language, languages
from pytest_kvguard.verifiers.rule import Rule

__all__ = ["RULES"]

VALUE_SCHEMA: dict[str, Any] = {
    "description": "the code of a language, e.g. de or zh-cn",
    "type": "string",
    "pattern": "^[a-z]{2}(-[a-z]{2})?$",
}


def _inspect(text: str, value: Any) -> tuple[bool, str]:
    language = detect_language(text)
    return language == value or language.startswith(f"{value}-"), f"language {language or 'not detectable'}"


def _problem(value: Any) -> str | None:
    missing = missing_package("langdetect")
    if missing:
        return missing
    known = languages()
    if any(code == value or code.startswith(f"{value}-") for code in known):
        return None
    return f"{value!r} is not a language that can be detected. Allowed: {', '.join(known)}.{suggest(value, known)}"


RULES = (
    Rule("language", VALUE_SCHEMA, lambda value: f"in language {value}", _inspect, problem=_problem, example="de"),
)
