"""How long the reply to an unseen prompt will be: a ridge regression on a few features, compared with no model.

Source: the length predictor of Rethinking Key-Value Cache Compression Techniques for LLM Serving, arXiv:2503.24000.
Differs: theirs is a fine-tuned language model; a test suite has a few hundred replies, for which this is large enough.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log1p

import numpy as np
from numpy.typing import NDArray

from pytest_kvguard.errors import UsageError
from pytest_kvguard.stats.bootstrap import bootstrap_interval

__all__ = ["CrossValidation", "Example", "LEAST_GROUPS", "LengthPredictor", "cross_validate", "fit_predictor"]

PENALTIES = (0.1, 1.0, 10.0, 100.0, 1000.0)
LEAST_GROUPS = 8
"""With fewer, a bootstrap over groups sees gains that are not there."""

MOST_FOLDS = 10

WANTS_MUCH = r"\b(write|describe|explain|list|repeat|summari[sz]e|tell me|all|every|why|how do|steps?)\b"
WANTS_LITTLE = r"\b(when|who|where|which|is|are|do you|does|can|yes|no|one word|short|briefly)\b"

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Example:
    """One prompt and the length of its reply.

    Attributes:
        turns: what the user says.
        tokens: generated over all turns.
        group: prompts of a group are alike, so they are never on both sides of a split; the contract's name.
    """

    turns: tuple[str, ...]
    tokens: int
    group: str


@dataclass(frozen=True)
class LengthPredictor:
    """A fitted predictor of log(1 + tokens).

    Attributes:
        weights: of the features, standardized.
        middle, scale: of the features.
        level: mean of log(1 + tokens).
        shortest, longest: what was seen; nothing beyond is predicted.
    """

    weights: tuple[float, ...]
    middle: tuple[float, ...]
    scale: tuple[float, ...]
    level: float
    shortest: int
    longest: int

    def predict(self, turns: Sequence[str]) -> float:
        """Return the tokens that are expected in reply to a conversation."""
        standard = (_features(turns) - np.array(self.middle)) / np.array(self.scale)
        tokens = float(np.expm1(self.level + standard @ np.array(self.weights)))
        return min(max(tokens, self.shortest), self.longest)


@dataclass(frozen=True)
class CrossValidation:
    """How well lengths of unseen prompts are predicted.

    Attributes:
        examples, groups: what was there to learn from.
        error: mean absolute error in tokens, mean over groups.
        trivial_error: that of the training replies' median, which looks at no prompt.
        interval: of trivial error minus error, by bootstrap over groups.
    """

    examples: int
    groups: int
    error: float
    trivial_error: float
    interval: tuple[float, float]

    @property
    def helps(self) -> bool:
        """Whether it is shown to be better than the median."""
        return self.interval[0] > 0


def fit_predictor(examples: Sequence[Example]) -> LengthPredictor:
    """Fit a ridge regression; its penalty is chosen by generalized cross-validation on these examples alone.

    Source: Golub, Heath and Wahba, Generalized cross-validation, Technometrics 21 (1979). Differs: none.
    """
    features = np.stack([_features(example.turns) for example in examples])
    target = np.log1p([float(example.tokens) for example in examples])
    middle, spread = features.mean(axis=0), features.std(axis=0)
    scale = np.where(spread > 0, spread, 1.0)
    level = float(target.mean())
    weights = _ridge((features - middle) / scale, target - level)
    lengths = [example.tokens for example in examples]
    return LengthPredictor(
        tuple(weights.tolist()), tuple(middle.tolist()), tuple(scale.tolist()), level, min(lengths), max(lengths)
    )


def cross_validate(examples: Sequence[Example]) -> CrossValidation:
    """Predict the replies of every group from the other groups, and compare with the median of those.

    All that is fitted (weights, scales, penalty, median) is fitted without the group that is predicted.

    Raises:
        UsageError: there are too few groups to leave any out.
    """
    groups = sorted({example.group for example in examples})
    if len(groups) < LEAST_GROUPS:
        raise UsageError(
            f"Prompts of {len(groups)} contracts are too few to predict unseen ones from. Run {LEAST_GROUPS} or more."
        )
    errors: dict[str, list[tuple[float, float]]] = {}
    for fold in range(min(MOST_FOLDS, len(groups))):
        held_out = set(groups[fold::MOST_FOLDS])
        for example, found in _errors_of_fold(examples, held_out):
            errors.setdefault(example.group, []).append(found)
    by_group = np.array([np.mean(found, axis=0) for found in errors.values()])
    gains = (by_group[:, 1] - by_group[:, 0]).tolist()
    means = by_group.mean(axis=0)
    interval = bootstrap_interval([gains]) or (0.0, 0.0)
    return CrossValidation(len(examples), len(groups), float(means[0]), float(means[1]), interval)


def _errors_of_fold(examples: Sequence[Example], held_out: set[str]) -> Iterator[tuple[Example, tuple[float, float]]]:
    """Yield the examples that are held out, each with the predictor's absolute error and the median's."""
    known = [example for example in examples if example.group not in held_out]
    predictor = fit_predictor(known)
    median = float(np.median([example.tokens for example in known]))
    for example in examples:
        if example.group in held_out:
            yield example, (abs(predictor.predict(example.turns) - example.tokens), abs(median - example.tokens))


def _ridge(features: Array, target: Array) -> Array:
    """Return the weights whose penalty has the least generalized cross-validation score."""
    left, values, right = np.linalg.svd(features, full_matrices=False)
    seen = left.T @ target
    best: tuple[float, Array] | None = None
    for penalty in PENALTIES:
        shrink = values**2 / (values**2 + penalty)
        freedom = len(target) - 1 - float(shrink.sum())
        score = float(np.sum((target - left @ (shrink * seen)) ** 2)) / max(freedom, 1e-9) ** 2
        if best is None or score < best[0]:
            best = score, right.T @ (values / (values**2 + penalty) * seen)
    assert best is not None
    return best[1]


def _features(turns: Sequence[str]) -> Array:
    last, text = turns[-1].lower(), " ".join(turns).lower()
    return np.array(
        [
            log1p(len(last.split())),
            log1p(len(text.split()) - len(last.split())),
            log1p(len(turns)),
            text.count("?"),
            len(re.findall(WANTS_MUCH, last)),
            len(re.findall(WANTS_LITTLE, last)),
            log1p(len(re.findall(r"\d", text))),
        ]
    )
