"""One tiny model under all that the guard promises, each compared with a result that the guard did not compute."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from fractions import Fraction
from functools import partial
from typing import Any

import torch
from torch import Tensor
from transformers import PreTrainedModel

from benchmarks.expected_scores import EXPECTED_ATTENTION, expected_scores
from benchmarks.model_reference import Seen, cached_keys, generated, masked_logits, plain_logits, stored_logits
from benchmarks.tiny_models import WINDOW, tiny_model
from kvguard_policies.compression import PrefillRecord, layer_record, prefill
from kvguard_policies.policy import Layout, PolicyError
from kvguard_policies.spec import SpecError, load
from pytest_kvguard.engine.jobs import Generation, Job
from pytest_kvguard.engine.planner import run_jobs
from pytest_kvguard.engine.self_check import check_model
from pytest_kvguard.errors import KVGuardError
from pytest_kvguard.invariants.random_models import SPECIAL_IDS, VOCABULARY
from pytest_kvguard.models.fitness import require_supported_family
from pytest_kvguard.models.load_model import LoadedModel
from pytest_kvguard.values.cell import Cell

__all__ = ["COLUMNS", "CRASHED", "POLICIES", "QUANTIZERS", "REFUSED", "UNTESTED", "WORKS", "WRONG", "Outcome", "Trial"]
__all__ += ["run_trial"]

WORKS, REFUSED, WRONG, CRASHED, UNTESTED = "works", "refused", "wrong", "crashed", "not compared"
"""The outcomes of a column. ``works`` is given by a comparison alone."""

DECODER, ENCODER, HALF = "decoder", "encoder with a head", "half of an encoder-decoder"

POLICIES = (
    "adakv",
    "expected_attention",
    "fair(snapkv)",
    "h2o",
    "keydiff",
    "knorm",
    "observed_attention",
    "pyramidkv",
    "random",
    "snapkv",
    "streaming_llm",
    "tova",
)
QUANTIZERS = {"fp8": 0.1, "gear": 0.6, "kivi": 0.8}
"""By name, the largest error of what is stored, as a share of its norm."""

SCORED = ("expected_attention", "h2o", "keydiff", "knorm", "observed_attention", "snapkv", "tova")
"""Policies whose scores are compared with their formula; those of the others are made of them, or need no model."""

COLUMNS = ("plain", "scores", *POLICIES, *QUANTIZERS, "prompt", "decode")

CONTEXT, FED, NEW = 45, 5, 6
"""Tokens of the context, which ends within a window and a chunk, of the question, and of the reply."""
WIDE = 4096
RATIO = Fraction(1, 2)
SINKS = 4
TOLERANCE = 2e-3
"""Largest difference: RMS over the vocabulary, as a share of the logits' deviation; of scores, of the largest one."""

OWN_ERRORS = (KVGuardError, PolicyError, SpecError)


@dataclass(frozen=True)
class Outcome:
    """What became of one column; the detail is one line."""

    outcome: str
    detail: str = ""


@dataclass(frozen=True)
class Trial:
    """What became of one configuration class.

    Attributes:
        name: of the class.
        kernel: of transformers, on which all ran.
        state: ``built``, or why there is no model: ``not built`` or ``transformers fails``.
        detail: the reason of the state, in one line.
        kind: ``DECODER``, or what else has a language model's head.
        cached_layers: layers of which transformers' own cache holds keys.
        compressed_layers: layers that the guard compresses.
        columns: by name, the outcomes.
    """

    name: str
    kernel: str = ""
    state: str = "built"
    detail: str = ""
    kind: str = DECODER
    cached_layers: int = 0
    compressed_layers: int = 0
    columns: dict[str, Outcome] = field(default_factory=dict)

    def record(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


class NotComparedError(Exception):
    """The independent result could not be computed."""


class WrongError(Exception):
    """The guard's result is another than the independent one."""


@torch.no_grad()
def run_trial(name: str, settings: Mapping[str, Any] | None = None) -> Trial:
    """Return what becomes of a configuration class of transformers, with the settings given.

    Where all layers are restricted, so that nothing can be compressed, all but ``plain`` is tried with windows that are
    wider than the context.
    """
    narrow = _trial_within(name, WINDOW, settings or {})
    if narrow.state != "built" or narrow.compressed_layers or narrow.columns["plain"].outcome != WORKS:
        return narrow
    wide = _trial_within(name, WIDE, settings or {})
    if wide.columns and wide.columns["plain"].outcome == WORKS:
        return replace(wide, detail=f"all but plain with windows of {WIDE} tokens, wider than the context")
    return narrow


def _trial_within(name: str, reach: int, settings: Mapping[str, Any], kernel: str = "") -> Trial:
    """Return what becomes of a class whose restricted layers see ``reach`` tokens."""
    try:
        model = tiny_model(name, kernel, reach, **settings)
    except Exception as error:  # noqa: BLE001 - a configuration that cannot be shrunk is a result
        return Trial(name, state="not built", detail=_line(error))
    kernel = model.config._attn_implementation
    ids = _random_ids(model, CONTEXT + FED)
    try:
        plain = {tokens: generated(model, ids[:tokens], NEW) for tokens in (CONTEXT + FED, 12, FED + 1)}
        cached = cached_keys(model, ids[:CONTEXT])
    except Exception as error:  # noqa: BLE001 - what transformers cannot run, the guard need not
        return Trial(name, kernel, "transformers fails", _line(error))
    trial = Trial(name, kernel, kind=_kind(model), cached_layers=len(cached))
    problem = _refusal(name, model, kernel)
    if problem.endswith("Use --kv-attn=eager.") and kernel != "eager":
        return _trial_within(name, reach, settings, "eager")
    if problem:
        return replace(trial, columns=dict.fromkeys(COLUMNS, Outcome(REFUSED, problem)))
    loaded = LoadedModel(name, model, None, frozenset(), 4096)
    return _run_columns(trial, _Checks(loaded, kernel, ids, plain))


def _kind(model: PreTrainedModel) -> str:
    """Return what kind of model has this head: only decoders are trained to follow instructions."""
    config_class = type(model.config)
    if getattr(config_class(), "is_encoder_decoder", False) or "decoder_layers" in vars(model.config):
        return HALF
    return ENCODER if "is_decoder" in vars(model.config) and "is_decoder" in _parameters(config_class) else DECODER


def _parameters(config_class: Any) -> list[str]:
    return list(inspect.signature(config_class.__init__).parameters)


def _run_columns(trial: Trial, checks: _Checks) -> Trial:
    """Return a trial with the outcomes of all columns."""
    columns = {"plain": _outcome(checks.plain_arm)}
    try:
        compressed = len(checks.record().compressible_layers)
    except Exception as error:  # noqa: BLE001 - every column would end so
        return replace(trial, columns={**dict.fromkeys(COLUMNS, _outcome_of(error)), **columns})
    columns["scores"] = _outcome(checks.scores)
    columns |= {spec: _outcome(partial(checks.policy, spec)) for spec in POLICIES}
    columns |= {spec: _outcome(partial(checks.quantizer, spec)) for spec in QUANTIZERS}
    columns |= {"prompt": _outcome(checks.whole_prompt), "decode": _outcome(checks.held_budget)}
    return replace(trial, compressed_layers=compressed, columns=columns)


def _random_ids(model: PreTrainedModel, tokens: int) -> list[int]:
    usable = VOCABULARY - SPECIAL_IDS - 1  # the last id stands for images and the like
    picked = torch.randperm(usable, generator=torch.Generator().manual_seed(3))[:tokens]
    return [SPECIAL_IDS + int(token) for token in picked]


def _line(error: BaseException) -> str:
    """Return an error as one line."""
    said = " ".join(str(error).split())
    return (said if isinstance(error, OWN_ERRORS) else f"{type(error).__name__}: {said}")[:400]


def _refusal(name: str, model: PreTrainedModel, kernel: str) -> str:
    """Return why the guard refuses a model, as a run would say; an empty string if it does not."""
    loaded = LoadedModel(name, model, None, frozenset(), 4096)
    try:
        require_supported_family(name, model.config)
        loaded.check_kernel(kernel)
    except KVGuardError as error:
        return _line(error)
    return check_model(loaded, kernel).problem


def _outcome(check: Callable[[], None]) -> Outcome:
    """Return the outcome of a check that returns only if it compared and found no difference."""
    try:
        check()
    except Exception as error:  # noqa: BLE001 - whatever happens is the outcome
        return _outcome_of(error)
    return Outcome(WORKS)


def _outcome_of(error: Exception) -> Outcome:
    kinds = ((NotComparedError, UNTESTED), (WrongError, WRONG), (OWN_ERRORS, REFUSED))
    kind = next((outcome for errors, outcome in kinds if isinstance(error, errors)), CRASHED)
    return Outcome(kind, str(error) if kind in (UNTESTED, WRONG) else _line(error))


class _Checks:
    """The checks of one model; each raises unless it compared and found no difference."""

    def __init__(
        self, model: LoadedModel, kernel: str, ids: list[int], plain: Mapping[int, tuple[list[int], Tensor]]
    ) -> None:
        self.model, self.kernel, self.ids, self.plain = model, kernel, ids, plain
        self.layout = Layout(CONTEXT, groups=(((8, 16),), ((20, 27), (30, 34))))

    def plain_arm(self) -> None:
        """The uncompressed arm gives ``generate``'s tokens and logits, for several lengths in one batch."""
        jobs = [self._job(Cell(kernel=self.kernel), tokens) for tokens in self.plain]
        for job, answer in zip(jobs, run_jobs(self.model, jobs), strict=True):
            self._require_generated(answer, len(job.token_ids), f"after {len(job.token_ids)} tokens")

    def _require_generated(self, answer: Generation, prompt: int, when: str) -> None:
        """Compare a reply with that of ``generate``, unless that differs from the plain model without a cache."""
        tokens, logits = self.plain[prompt]
        if list(answer.token_ids) == tokens and _difference(_logits(answer), logits) <= TOLERANCE:
            return
        self._require_one_model(prompt)
        raise WrongError(f"{when} {list(answer.token_ids)} instead of {tokens}")

    def _require_one_model(self, prompt: int) -> None:
        """Raise unless ``generate`` computes what the plain model computes without a cache."""
        tokens, logits = self.plain[prompt]
        whole = plain_logits(self.model.model, [*self.ids[:prompt], *tokens[:-1]])[prompt - 1 :]
        if _difference(whole, logits) > TOLERANCE:
            raise NotComparedError("generate and the plain model without a cache differ in transformers itself")

    def record(self, spec: str = "") -> PrefillRecord:
        """Return the context, prefilled with what a policy needs."""
        needs = load(spec).needs(self.layout) if spec else ()
        record = prefill(self.model.model, self.ids[:CONTEXT], self.layout, needs, self.kernel)
        return replace(record, longest=len(self.ids) + NEW)

    def scores(self) -> None:
        """Scores are those of the formula, from what transformers' own eager attention and cache return."""
        if not self.record().compressible_layers:
            raise NotComparedError("no layer is compressed")
        compared = [name for name in ("observed_attention", "h2o", "snapkv", "tova") if self._scored(name)]
        if not compared:
            raise NotComparedError("the model returns no attention weights")

    def _scored(self, spec: str) -> bool:
        """Return whether the scores of a policy were compared with an independent formula.

        Raises:
            WrongError: they differ.
        """
        policy, record = load(spec), self.record(spec)
        layers = record.compressible_layers
        own = {
            layer: policy.scores_of(layer_record(record, policy, layer, number, CONTEXT // 2)).values
            for number, layer in enumerate(layers)
        }
        heads = {layer: len(scores) for layer, scores in own.items()}
        try:
            expected = expected_scores(spec, self.model.model, self.ids[:CONTEXT], heads)
        except Exception as error:  # noqa: BLE001 - the reference is what could not be computed
            raise NotComparedError(f"independent scores of {spec} fail: {_line(error)}") from None
        for layer in expected:
            scores, other = own[layer], expected[layer]
            if scores.shape != other.shape:
                found = f"{tuple(scores.shape)}, the reference {tuple(other.shape)}"
                raise NotComparedError(f"scores of {spec} are of {found}")
            free = other.isfinite()
            gap = float((scores - other)[free].abs().max() / other[free].abs().max())
            if not gap <= TOLERANCE:
                raise WrongError(f"scores of {spec} in layer {layer} differ by {gap:.2g} of the largest")
        return bool(expected)

    def policy(self, spec: str) -> None:
        """Half of the entries are kept, by the right scores, and replies are those of the model without the rest."""
        answer = self._compressed(spec, CONTEXT)
        self._require_reply(answer, self._kept(answer, CONTEXT), CONTEXT)
        self._require_nothing_lost_at_zero(spec)
        scored = EXPECTED_ATTENTION if spec == "expected_attention" else spec
        if spec in SCORED and not self._scored(scored):
            raise NotComparedError(f"no independent scores of {spec}")

    def whole_prompt(self) -> None:
        """Scope *prompt*: all but the last token is compressed."""
        region = CONTEXT + FED - 1
        answer = self._compressed("knorm", region)
        self._require_reply(answer, self._kept(answer, region), region)

    def held_budget(self) -> None:
        """Scope *decode*: each new token sees the first tokens and the newest ones, as many as the budget allows."""
        region = CONTEXT + FED - 1
        answer = self._compressed("streaming_llm", region, hold=True)
        self._require_reply(answer, self._newest_only(region), region)

    def quantizer(self, spec: str) -> None:
        """What is stored is nearly the original, and the reply's first logits are those of a model that reads it."""
        quantizer: Any = load(spec)
        layers = self.record().compressible_layers
        if not layers:
            raise NotComparedError("no layer is compressed")
        self._require_one_model(len(self.ids))

        def store(keys: Tensor, values: Tensor) -> Any:
            stored = quantizer.store(keys, values)
            for half, exact in zip(stored.read(), (keys, values), strict=True):
                error = float((half - exact).norm() / exact.norm())
                if not 0 < error <= QUANTIZERS[spec]:
                    raise WrongError(f"{spec} stores with an error of {error:.2g} of the norm")
            return stored

        try:
            expected = stored_logits(self.model.model, self.ids, layers, store)[None]
        except WrongError:
            raise
        except Exception as error:  # noqa: BLE001 - the reference is what could not be computed
            raise NotComparedError(f"the reference fails: {_line(error)}") from None
        if _difference(expected, self.plain[len(self.ids)][1][:1]) <= TOLERANCE:
            raise NotComparedError("what is stored changes nothing in the reference")
        _require_close(_logits(self._run(spec, Fraction(0), len(self.ids) - 1))[:1], expected, "first logits")

    def _job(self, cell: Cell, tokens: int, region: int = 0, hold: bool = False) -> Job:
        region = region or tokens - FED
        layout = self.layout if region == CONTEXT else Layout(region)
        ids = tuple(self.ids[:tokens])
        return Job(ids, region, layout, cell, hold, max_new_tokens=NEW, top_logits=VOCABULARY)

    def _run(self, spec: str, ratio: Fraction, region: int, hold: bool = False) -> Generation:
        job = self._job(Cell.of(spec, ratio, self.kernel), len(self.ids), region, hold)
        return run_jobs(self.model, [job])[0]

    def _compressed(self, spec: str, region: int, hold: bool = False) -> Generation:
        """Return the reply under a policy, whose budget is exact."""
        answer = self._run(spec, RATIO, region, hold)
        assert answer.kept is not None
        heads = sum(len(layer) for layer in answer.kept.positions)
        kept = sum(len(positions) for layer in answer.kept.positions for positions in layer)
        if not heads or kept != heads * int(region * (1 - RATIO)):
            raise WrongError(f"{kept} entries of {heads} heads are kept, not {int(region * (1 - RATIO))} each")
        return answer

    def _kept(self, answer: Generation, region: int) -> Seen:
        """Return what queries after the region see: of the region, what each KV head kept."""
        assert answer.kept is not None
        tokens = len(self.ids) + NEW - 1
        layers = self.record().compressible_layers
        seen = {}
        for layer, heads in zip(layers, answer.kept.positions, strict=True):
            mask = torch.ones(len(heads), tokens, tokens, dtype=torch.bool)
            for head, positions in enumerate(heads):
                mask[head, region:, :region] = False
                mask[head, region:, positions] = True
            seen[layer] = mask
        return seen

    def _newest_only(self, region: int) -> Seen:
        """Return what queries after the region see under a held budget: the sinks and the newest tokens before them."""
        tokens, budget = len(self.ids) + NEW - 1, int(region * (1 - RATIO))
        query, key = torch.arange(tokens)[:, None], torch.arange(tokens)
        newest = key >= query - (budget - SINKS)
        mask = (query < region) | (key < SINKS) | newest
        return {layer: mask[None] for layer in self.record().compressible_layers}

    def _require_reply(self, answer: Generation, seen: Seen, region: int) -> None:
        """Compare the logits of a reply with those of the model that does not see what was evicted."""
        ids = [*self.ids, *answer.token_ids[:-1]]
        whole = self._reference(ids, {})
        self._require_model(whole)
        expected = self._reference(ids, seen)[len(self.ids) - 1 :]
        if _difference(expected, whole[len(self.ids) - 1 :]) <= 2 * TOLERANCE:
            raise NotComparedError("eviction changes nothing in the reference")
        _require_close(_logits(answer), expected, f"logits after {region} compressed tokens")

    def _require_model(self, whole: Tensor) -> None:
        """Raise unless the reference without a change is the model."""
        _, plain = self.plain[len(self.ids)]
        if _difference(whole[len(self.ids) - 1][None], plain[:1]) > TOLERANCE:
            raise NotComparedError("the reference without evicted tokens is not the model")

    def _reference(self, ids: Sequence[int], seen: Seen) -> Tensor:
        try:
            return masked_logits(self.model.model, ids, seen)
        except Exception as error:  # noqa: BLE001 - the reference is what could not be computed
            raise NotComparedError(f"the reference fails: {_line(error)}") from None

    def _require_nothing_lost_at_zero(self, spec: str) -> None:
        answer = self._run(spec, Fraction(0), CONTEXT)
        self._require_generated(answer, len(self.ids), "at ratio 0")


def _logits(answer: Generation) -> Tensor:
    """Return all logits (tokens, V) of a reply."""
    assert answer.logits is not None
    values = torch.from_numpy(answer.logits.values)
    return torch.empty_like(values).scatter_(1, torch.from_numpy(answer.logits.ids).long(), values)


def _difference(own: Tensor, expected: Tensor) -> float:
    """Return the largest difference of any token's logits."""
    error = (own - expected[:, : own.shape[-1]]).square().mean(-1).sqrt() / expected.std(-1).clamp_min(1e-9)
    return float(error.nan_to_num(torch.inf, torch.inf).max())


def _require_close(own: Tensor, expected: Tensor, what: str) -> None:
    if (gap := _difference(own, expected)) > TOLERANCE:
        raise WrongError(f"{what} differ by {gap:.1%} of their deviation")
