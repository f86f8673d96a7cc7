"""judge: asks a model at an OpenAI-compatible endpoint whether the reply meets a criterion."""

from __future__ import annotations

from typing import Any

from pytest_kvguard.errors import JudgeError
from pytest_kvguard.verifiers.judge_endpoint import JudgeEndpoint
from pytest_kvguard.verifiers.rule import Rule, quote

__all__ = ["RULES", "use_judge"]

VALUE_SCHEMA: dict[str, Any] = {
    "description": "a sentence in quotes that is true of a good reply, at most 2000 characters",
    "type": "string",
    "pattern": "\\S",
    "maxLength": 2000,
}

_endpoint: JudgeEndpoint | None = None


def use_judge(endpoint: JudgeEndpoint | None) -> None:
    """Set the endpoint that judges replies; None = no endpoint is configured."""
    global _endpoint
    _endpoint = endpoint


def _inspect(text: str, value: Any) -> tuple[bool, str]:
    if _endpoint is None:
        raise JudgeError(
            "a judge check needs a judge, but none is configured. Give --kv-judge=URL and --kv-judge-model=NAME, their "
            "ini twins, or the environment variables KVGUARD_JUDGE_URL and KVGUARD_JUDGE_MODEL."
        )
    holds, reason = _endpoint.ask(value, text)
    return holds, f"the judge says {'yes' if holds else 'no'}: {quote(reason)}"


RULES = (
    # Junk replies are not judged, because every question costs the user time and money.
    Rule(
        "judge",
        VALUE_SCHEMA,
        lambda value: f"a judge finds: {quote(value)}",
        _inspect,
        measured=False,
        example="The reply is polite.",
    ),
)
