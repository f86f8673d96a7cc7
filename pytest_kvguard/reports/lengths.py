"""The tables of reply lengths: one row per contract and method, and the accuracy of predictions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pytest_kvguard.serving_cost.length_predictor import CrossValidation
from pytest_kvguard.values.lengths import LengthSummary

__all__ = ["lengths_text", "prediction_text"]

Rows = Mapping[tuple[str, str], tuple[LengthSummary, LengthSummary | None]]
"""By contract and method: the change of lengths under compression, and in the control."""


def lengths_text(rows: Rows) -> str:
    """Return the table of lengths, with the control in brackets."""
    return "\n".join(_table(rows))


def _table(rows: Rows) -> Iterator[str]:
    widths = [max(8, *(len(place[side]) for place in rows)) for side in (0, 1)]
    heads = f"{'replies':>9}{'ratio':>7}{'10-50-90 %':>18}{'≥1.5x':>12}{'≤0.67x':>12}{'cut off':>10}{'empty':>7}"
    yield f"{'contract':<{widths[0]}}  {'method':<{widths[1]}}{heads}"
    for (contract, method), (lengths, control) in rows.items():
        ratio = "n/a" if lengths.ratio is None else f"{lengths.ratio:.2f}"
        quantiles = " ".join(f"{value:.2f}" for value in lengths.quantiles) or "n/a"
        longer, shorter = (_share(getattr(lengths, name), lengths, control, name) for name in ("longer", "shorter"))
        yield (
            f"{contract:<{widths[0]}}  {method:<{widths[1]}}{lengths.replies:>9}{ratio:>7}{quantiles:>18}{longer:>12}"
            f"{shorter:>12}{f'{lengths.baseline_caps} → {lengths.compressed_caps}':>10}{lengths.zero_baselines:>7}"
        )


def _share(count: int, lengths: LengthSummary, control: LengthSummary | None, name: str) -> str:
    beside = f" ({getattr(control, name) / control.replies:.0%})" if control and control.replies else ""
    return f"{count / lengths.replies:.0%}{beside}" if lengths.replies else "n/a"


def prediction_text(by_method: Mapping[str, CrossValidation]) -> str:
    """Return one line per method: the error on held-out contracts, next to that of the median."""
    lines = []
    for method, validation in by_method.items():
        low, high = validation.interval
        verdict = "better than the median" if validation.helps else "not shown to be better than the median: use that"
        lines.append(
            f"{method}: {validation.error:.1f} tokens off on held-out contracts, the median "
            f"{validation.trivial_error:.1f} (gain {low:+.1f} to {high:+.1f}; {validation.examples} prompts of "
            f"{validation.contracts} contracts): {verdict}"
        )
    return "\n".join(lines)
