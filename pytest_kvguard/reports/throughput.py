"""What a person reads of fitted rooflines: how well they predict what they have not seen, and what they predict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pytest_kvguard.serving_cost.throughput import Prediction, Roofline

__all__ = ["Fitted", "prediction_lines", "roofline_lines"]

Fitted = Mapping[tuple[str, str, str], tuple[Roofline, float]]
"""By method, model and stage: the fit, and its accuracy on points that it was not fitted from, 0..1."""


def roofline_lines(fitted: Fitted) -> Iterator[str]:
    """Yield one line per stage."""
    width = max(len(_name(*group)) for group in fitted)
    yield f"{'':<{width}}  accuracy         a         b         c  budget  measured"
    for group, (roofline, accuracy) in fitted.items():
        a, b, c = roofline.terms
        budget = f"{roofline.budget:.0f}" if roofline.budget < float("inf") else "none"
        (batch, most_batch), (tokens, most_tokens) = roofline.batches, roofline.tokens
        yield (
            f"{_name(*group):<{width}}  {accuracy:>8.1%}  {a:>8.2g}  {b:>8.2g}  {c:>8.2g}  {budget:>6}  "
            f"batch {batch}-{most_batch}, tokens {tokens}-{most_tokens}"
        )


def prediction_lines(
    predicted: Mapping[tuple[str, str, str], Sequence[tuple[tuple[int, int], Prediction]]],
) -> Iterator[str]:
    """Yield what is expected of each stage at each (batch, tokens), and where that is no more than a guess."""
    for group, members in predicted.items():
        for (batch, tokens), found in members:
            bar = f"{1000 * found.low:.1f} to {1000 * found.high:.1f} holds {found.coverage:.0%}"
            beyond = f"; extrapolated: {found.extrapolates}" if found.extrapolates else ""
            yield f"{_name(*group)}, batch {batch}, {tokens} tokens: {1000 * found.seconds:.1f} ms ({bar}){beyond}"


def _name(method: str, model: str, stage: str) -> str:
    return f"{method}, {model}, {stage}"
