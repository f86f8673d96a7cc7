"""The predictor of reply lengths for unseen prompts: a ridge regression on a few features, compared with the median.

Source: the length predictor of Rethinking Key-Value Cache Compression Techniques for LLM Serving, arXiv:2503.24000.
Differs: theirs is a fine-tuned language model; this one is small enough for the few hundred replies of a test suite.
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

__all__ = ["CrossValidation", "Example", "LEAST_CONTRACTS", "LengthPredictor", "cross_validate", "fit_predictor"]

PENALTIES = (0.1, 1.0, 10.0, 100.0, 1000.0)
LEAST_CONTRACTS = 8
"""With fewer contracts, the bootstrap over contracts reports gains by chance."""

MOST_FOLDS = 10

WANTS_MUCH = r"\b(write|describe|explain|list|repeat|summari[sz]e|tell me|all|every|why|how do|steps?)\b"
WANTS_LITTLE = r"\b(when|who|where|which|is|are|do you|does|can|yes|no|one word|short|briefly)\b"

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Example:
    """One prompt and the length of its reply.

    Attributes:
        turns: the user's turns.
        tokens: generated tokens over all turns.
        contract: the contract's name; its prompts are similar, so a split never separates them.
    """

    turns: tuple[str, ...]
    tokens: int
    contract: str


@dataclass(frozen=True)
class LengthPredictor:
    """A fitted predictor of log(1 + tokens).

    Attributes:
        weights: weights of the standardized features.
        middle, scale: mean and standard deviation of the features.
        mean_log: mean of log(1 + tokens).
        shortest, longest: the range of training lengths, which predictions stay within.
    """

    weights: tuple[float, ...]
    middle: tuple[float, ...]
    scale: tuple[float, ...]
    mean_log: float
    shortest: int
    longest: int

    def predict(self, turns: Sequence[str]) -> float:
        """Return the expected number of reply tokens for a conversation."""
        standard = (_features(turns) - np.array(self.middle)) / np.array(self.scale)
        tokens = float(np.expm1(self.mean_log + standard @ np.array(self.weights)))
        return min(max(tokens, self.shortest), self.longest)


@dataclass(frozen=True)
class CrossValidation:
    """The accuracy of predictions for unseen prompts.

    Attributes:
        examples, contracts: numbers of examples and contracts.
        error: mean absolute error in tokens, mean over contracts.
        trivial_error: the same for the training median, which ignores the prompt.
        interval: interval of the trivial error minus the error, by bootstrap over contracts.
    """

    examples: int
    contracts: int
    error: float
    trivial_error: float
    interval: tuple[float, float]

    @property
    def helps(self) -> bool:
        """Whether the predictor is significantly better than the median."""
        return self.interval[0] > 0


def fit_predictor(examples: Sequence[Example]) -> LengthPredictor:
    """Return a fitted ridge regression, with its penalty chosen by generalized cross-validation on these examples.

    Source: Golub, Heath and Wahba, Generalized cross-validation, Technometrics 21 (1979). Differs: none.
    """
    features = np.stack([_features(example.turns) for example in examples])
    target = np.log1p([float(example.tokens) for example in examples])
    middle, spread = features.mean(axis=0), features.std(axis=0)
    scale = np.where(spread > 0, spread, 1.0)
    mean_log = float(target.mean())
    weights = _ridge((features - middle) / scale, target - mean_log)
    lengths = [example.tokens for example in examples]
    return LengthPredictor(
        tuple(weights.tolist()), tuple(middle.tolist()), tuple(scale.tolist()), mean_log, min(lengths), max(lengths)
    )


def cross_validate(examples: Sequence[Example]) -> CrossValidation:
    """Return the accuracy of predicting each contract from the others, compared with their median.

    Weights, scales, penalty and median are all fitted without the contract that is predicted.

    Raises:
        UsageError: there are too few contracts to leave any out.
    """
    contracts = sorted({example.contract for example in examples})
    if len(contracts) < LEAST_CONTRACTS:
        raise UsageError(
            f"Prompts of {len(contracts)} contracts are too few to predict unseen ones from. Run {LEAST_CONTRACTS} or "
            "more."
        )
    errors: dict[str, list[tuple[float, float]]] = {}
    for fold in range(min(MOST_FOLDS, len(contracts))):
        held_out = set(contracts[fold::MOST_FOLDS])
        for example, pair in _errors_of_fold(examples, held_out):
            errors.setdefault(example.contract, []).append(pair)
    by_contract = np.array([np.mean(pairs, axis=0) for pairs in errors.values()])
    gains = (by_contract[:, 1] - by_contract[:, 0]).tolist()
    means = by_contract.mean(axis=0)
    interval = bootstrap_interval([gains]) or (0.0, 0.0)
    return CrossValidation(len(examples), len(contracts), float(means[0]), float(means[1]), interval)


def _errors_of_fold(examples: Sequence[Example], held_out: set[str]) -> Iterator[tuple[Example, tuple[float, float]]]:
    """Yield each held-out example with the absolute errors of the predictor and of the median."""
    known = [example for example in examples if example.contract not in held_out]
    predictor = fit_predictor(known)
    median = float(np.median([example.tokens for example in known]))
    for example in examples:
        if example.contract in held_out:
            yield example, (abs(predictor.predict(example.turns) - example.tokens), abs(median - example.tokens))


def _ridge(features: Array, target: Array) -> Array:
    """Return the weights whose penalty has the least generalized cross-validation score."""
    left, values, right = np.linalg.svd(features, full_matrices=False)
    projected = left.T @ target
    best: tuple[float, Array] | None = None
    for penalty in PENALTIES:
        shrink = values**2 / (values**2 + penalty)
        freedom = len(target) - 1 - float(shrink.sum())
        score = float(np.sum((target - left @ (shrink * projected)) ** 2)) / max(freedom, 1e-9) ** 2
        if best is None or score < best[0]:
            best = score, right.T @ (values / (values**2 + penalty) * projected)
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
