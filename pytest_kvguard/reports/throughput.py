"""The tables of fitted rooflines: their terms, their accuracy and their predictions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pytest_kvguard.serving_cost.throughput import Prediction, Roofline, StageKey

__all__ = ["Fitted", "prediction_lines", "roofline_lines"]

Fitted = Mapping[StageKey, tuple[Roofline, float]]
"""By method, model and stage: the fit, and its accuracy on left-out points, 0..1."""


def roofline_lines(fitted: Fitted) -> Iterator[str]:
    """Yield the table of fits, one line per stage."""
    width = max(len(_name(*key)) for key in fitted)
    yield f"{'':<{width}}  accuracy         a         b         c  budget  measured"
    for key, (roofline, accuracy) in fitted.items():
        a, b, c = roofline.terms
        budget = f"{roofline.budget:.0f}" if roofline.budget < float("inf") else "none"
        (batch, most_batch), (tokens, most_tokens) = roofline.batches, roofline.tokens
        yield (
            f"{_name(*key):<{width}}  {accuracy:>8.1%}  {a:>8.2g}  {b:>8.2g}  {c:>8.2g}  {budget:>6}  "
            f"batch {batch}-{most_batch}, tokens {tokens}-{most_tokens}"
        )


def prediction_lines(
    predicted: Mapping[StageKey, Sequence[tuple[tuple[int, int], Prediction]]],
) -> Iterator[str]:
    """Yield the prediction for each stage and (batch, tokens), marked if it is extrapolated."""
    for key, members in predicted.items():
        for (batch, tokens), prediction in members:
            bar = f"{1000 * prediction.low:.1f} to {1000 * prediction.high:.1f} holds {prediction.coverage:.0%}"
            beyond = f"; extrapolated: {prediction.extrapolates}" if prediction.extrapolates else ""
            yield f"{_name(*key)}, batch {batch}, {tokens} tokens: {1000 * prediction.seconds:.1f} ms ({bar}){beyond}"


def _name(method: str, model: str, stage: str) -> str:
    return f"{method}, {model}, {stage}"
