"""Whether the uncompressed arm is the model: its logits are compared with those of the plain model, per kernel."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor
from transformers import GenerationConfig

from kvguard_policies.attention import LENGTH_DEPENDENT, attention_kernel, forget_longest_call, ragged_attention
from kvguard_policies.hf_cache import RaggedCache, cache_argument
from kvguard_policies.policy import Layout, PolicyError
from kvguard_policies.records import UnreadCacheError
from pytest_kvguard.engine.exact_twin import exact_twin
from pytest_kvguard.engine.jobs import Job
from pytest_kvguard.engine.planner import run_jobs
from pytest_kvguard.engine.room import is_out_of_memory
from pytest_kvguard.errors import RunError
from pytest_kvguard.models.fitness import SUPPORTED
from pytest_kvguard.models.kernels import REFERENCE, is_versioned
from pytest_kvguard.models.load_model import LoadedModel
from pytest_kvguard.values.cell import Cell

__all__ = ["SelfCheck", "check_model", "named_limits"]

TOLERANCES = MappingProxyType({torch.float32: 2e-3, torch.float16: 0.02, torch.bfloat16: 0.1})
"""The largest difference that is rounding: RMS of the differences of logits, as a share of the logits' deviation. In a
low precision, where no float32 copy of the model tells how far it rounds."""

LEAST_TOLERANCES = MappingProxyType({torch.float16: 2e-3, torch.bfloat16: 0.01})
OWN_ERRORS = 3
"""Where a float32 copy tells, the arm may differ by this many times the error of the plain model, and by that much."""

LARGEST_OWN_ERROR = 0.25 / OWN_ERRORS
"""A plain model that rounds by more is compared in float32 alone, since its low precision would hide any difference."""

SHORTEST, MARGIN = 32, 24
"""Tokens of a context that is read where no limit is named, and beyond the longest limit where one is."""

FED, STEPS = 6, 3
"""Tokens that are fed to the cache of the context, and tokens that are generated after them."""

TOKENS_TIMES_WEIGHTS = MappingProxyType({"cpu": 10**11})
MOST_TOKENS_TIMES_WEIGHTS = 2 * 10**13
"""What one reading of a context may cost: a few seconds on a processor, and on an accelerator."""

MOST_ATTENTION_WEIGHTS = 1 << 29
"""Attention weights of a layer, of which the eager kernel makes a tensor."""

PLACES = 128
"""Tokens at which the beginning of a difference is looked for."""

LIMIT = re.compile(r"window|chunk|floor_scale|block_size|local_attention")
NO_LIMIT = re.compile(r"layers|heads|^num_|^n_|vision|audio")
ORIGINAL = "original_max_position_embeddings"


@dataclass(frozen=True)
class SelfCheck:
    """The result for one model and kernel.

    Attributes:
        problem: why the model is refused, and what works instead; empty where the arm is the model.
        note: what was not compared, and why; empty where nothing was left out.
        is_lasting: whether a later run would find the same; False where memory ran out.
    """

    problem: str = ""
    note: str = ""
    is_lasting: bool = True


@torch.no_grad()
def check_model(model: LoadedModel, kernel: str) -> SelfCheck:
    """Compare the uncompressed arm with the plain model, over a context that is longer than every limit it names."""
    tokens, beyond = _context_size(model)
    notes: list[str] = []
    try:
        twin = exact_twin(model) if is_versioned(kernel) else None  # others may not compute in float32
        problem = _problem(twin, kernel, tokens) if twin else ""
        problem = problem or _problem(model, kernel, tokens, twin, notes.append)
    except RunError:  # such logits of a prompt are the ERROR of its conversation
        note = f"{model.name} is not compared with the plain model: its logits for random tokens are not finite"
        return SelfCheck(note=note, is_lasting=False)
    except Exception as error:  # noqa: BLE001 - whatever breaks, breaks every conversation
        if is_out_of_memory(error):
            note = f"{model.name} is not compared with the plain model, for want of memory"
            return SelfCheck(note=note, is_lasting=False)
        return SelfCheck(_broken(model, kernel, error))
    if problem and kernel != REFERENCE and not _fails(model, REFERENCE, tokens):
        problem = f"{problem} Use --kv-attn={REFERENCE}."
    elif problem:
        problem = f"{problem} Use one of the {SUPPORTED}."
    limits = ", ".join(f"{name}={size}" for name, size in beyond.items())
    note = f"{model.name} is compared with the plain model over {tokens} tokens only, which {limits} exceeds"
    return SelfCheck(problem, "; ".join([*([note] if beyond else []), *notes]))


def _broken(model: LoadedModel, kernel: str, error: Exception) -> str:
    """Return the refusal of a model on which the uncompressed arm raises an error."""
    said = " ".join(str(error).split())
    refused = f"--kv-model={model.name} cannot run any contract on --kv-attn={kernel}:"
    family = _family(model)
    if isinstance(error, PolicyError) and not isinstance(error, UnreadCacheError):
        return f"{refused} {said}".replace(": This model ", f": the family {family!r} ", 1)
    if own := _own_failure(model, kernel):
        return f"{refused} transformers itself fails on it ({own}). Check the model's files and your transformers."
    how = f"attends in a way that the guard's cache cannot follow ({type(error).__name__}: {said[:200]})"
    if isinstance(error, UnreadCacheError):
        how = "computes attention in a way that cannot be followed from its cached keys and values"
    return f"{refused} the family {family!r} {how}. Use one of the {SUPPORTED}."


def _own_failure(model: LoadedModel, kernel: str) -> str:
    """Return the error of the plain model on a few tokens; an empty string if it runs."""
    try:
        _plain_logits(model, kernel, _random_ids(model, FED))
    except Exception as error:  # noqa: BLE001 - the error is the answer
        return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
    return ""


def _fails(model: LoadedModel, kernel: str, tokens: int) -> bool:
    try:
        return bool(_problem(model, kernel, tokens))
    except Exception:  # noqa: BLE001 - only asked whether this kernel works instead
        return True


def named_limits(config: Any) -> dict[str, int]:
    """Return the numbers of tokens at which a model begins to attend otherwise, by name, as its configuration says."""
    limits: dict[str, int] = {}
    for name, value, parents in _entries(config.to_dict(), ()):
        own_rotation = name == ORIGINAL and any(kind in LENGTH_DEPENDENT for kind in parents)
        if own_rotation or (LIMIT.search(name) and not NO_LIMIT.search(name)):
            limits[name] = max(value, limits.get(name, 0))
    return limits


def _entries(settings: Mapping[str, Any], kinds: tuple[str, ...]) -> Iterator[tuple[str, int, tuple[str, ...]]]:
    """Yield the whole numbers above 1 of nested settings, with the types of rotation that are in force there."""
    rotation = settings.get("rope_parameters")
    own = [settings.get("rope_type"), rotation.get("rope_type") if isinstance(rotation, Mapping) else None]
    kinds = (*kinds, *(kind for kind in own if isinstance(kind, str)))
    for name, value in settings.items():
        if isinstance(value, Mapping):
            yield from _entries(value, kinds)
        elif isinstance(value, int) and not isinstance(value, bool) and value > 1:
            yield str(name), value, kinds


def _context_size(model: LoadedModel) -> tuple[int, dict[str, int]]:
    """Return the tokens of the context, and the limits beyond it that a conversation could reach."""
    config = model.model.config.get_text_config()
    reachable = {name: size for name, size in named_limits(config).items() if size < model.max_tokens}
    weights = sum(weight.numel() for weight in model.model.parameters())
    work = TOKENS_TIMES_WEIGHTS.get(model.model.device.type, MOST_TOKENS_TIMES_WEIGHTS) // max(1, weights)
    attention = int((MOST_ATTENTION_WEIGHTS / _query_heads(config)) ** 0.5)
    most = max(SHORTEST, min(work, attention))
    wanted = [size + MARGIN for size in reachable.values() if size + MARGIN <= most]
    tokens = min(max([SHORTEST, *wanted]), model.max_tokens - STEPS)
    return max(FED + 1, tokens), {name: size for name, size in reachable.items() if size + MARGIN > most}


def _query_heads(config: Any) -> int:
    try:
        return int(getattr(config, "num_attention_heads", None) or 1)
    except RuntimeError:  # each layer has its own number
        return max(int(layer.num_attention_heads) for layer in config.per_layer_config)


def _problem(
    model: LoadedModel,
    kernel: str,
    tokens: int,
    twin: LoadedModel | None = None,
    announce: Callable[[str], None] = lambda note: None,
) -> str:
    """Return how the uncompressed arm differs from the plain model; an empty string if it does not.

    Args:
        model: the model.
        kernel: the attention kernel.
        tokens: length of the context.
        twin: a copy of a model of low precision in float32; None for none.
        announce: called with a line that says what could not be compared.
    """
    ids = _random_ids(model, tokens)
    ours, replied = _own_logits(model, kernel, ids)
    plain = _plain_logits(model, kernel, [*ids, *replied[:-1]])
    if not plain.isfinite().all():
        raise RunError("the plain model's logits are not finite")
    tolerance = TOLERANCES.get(model.model.dtype, max(TOLERANCES.values()))
    difference = _difference(ours, plain)
    if twin:
        own_error = _difference(plain, _plain_logits(twin, kernel, [*ids, *replied[:-1]]))
        tolerance = max(LEAST_TOLERANCES.get(model.model.dtype, 0.0), OWN_ERRORS * own_error)
        if own_error > LARGEST_OWN_ERROR:
            announce(
                f"{model.name} rounds its own logits by {own_error:.0%} of their deviation in {_dtype(model)}, so it "
                "is compared with the plain model in float32 alone"
            )
            return ""
    if difference <= tolerance:
        return ""
    generated, spread = _generated_logits(model, kernel, ids, replied)
    # A low precision, or experts chosen by a hair, may part the plain model from itself by more than a rounding error.
    is_exact = twin is not None or model.model.dtype == torch.float32
    own_spread = 0.0 if is_exact else 4 * min(spread, _difference(generated, plain))
    if min(difference, _difference(ours[: len(generated)], generated)) <= max(tolerance, min(own_spread, 0.5)):
        return ""
    return (
        f"--kv-model={model.name} cannot run any contract on --kv-attn={kernel}: the uncompressed arm would not be "
        f"this model, of the family {_family(model)!r}. Its logits differ from the plain model's by {difference:.1%} "
        f"of their deviation, where {tolerance:.1%} is rounding in {_dtype(model)}, "
        f"{_beginning(model, kernel, ids, tolerance)}."
    )


def _family(model: LoadedModel) -> str:
    return str(model.model.config.get_text_config().model_type)


def _dtype(model: LoadedModel) -> str:
    return str(model.model.dtype).removeprefix("torch.")


def _random_ids(model: LoadedModel, tokens: int) -> list[int]:
    """Return random tokens without those that the configuration names, which may stand for images or ends."""
    config = model.model.config
    named = {value for name, value, _ in _entries(config.to_dict(), ()) if name.endswith(("token_id", "token_index"))}
    usable = torch.tensor([token for token in range(2, config.get_text_config().vocab_size) if token not in named])
    picked = torch.randint(len(usable), (tokens,), generator=torch.Generator().manual_seed(0))
    return [int(token) for token in usable[picked]]


def _own_logits(model: LoadedModel, kernel: str, ids: Sequence[int]) -> tuple[Tensor, list[int]]:
    """Return the logits (STEPS, V) of the engine's uncompressed arm after its context and prompt, and its reply."""
    region, all_logits = len(ids) - FED, model.model.config.get_text_config().vocab_size
    cell = Cell(kernel=kernel)
    job = Job(tuple(ids), region, Layout(region), cell, max_new_tokens=STEPS, top_logits=all_logits)
    generation = run_jobs(replace(model, stop_ids=frozenset()), [job])[0]
    assert generation.logits is not None
    values = torch.from_numpy(generation.logits.values)
    logits = torch.empty_like(values).scatter_(1, torch.from_numpy(generation.logits.ids).long(), values)
    return logits, list(generation.token_ids)


def _plain_logits(model: LoadedModel, kernel: str, ids: Sequence[int], places: Tensor | None = None) -> Tensor:
    """Return the logits (P, V) of the plain model in one call without a cache, at its last tokens or at ``places``."""
    plain: Any = model.model
    forget_longest_call(plain)
    keep = STEPS if places is None else places
    with attention_kernel(plain, kernel):
        output = plain(input_ids=_batch_of(model, ids), use_cache=False, logits_to_keep=keep)
    logits: Tensor = output.logits[0].float()
    return logits


def _generated_logits(
    model: LoadedModel, kernel: str, ids: Sequence[int], replied: Sequence[int]
) -> tuple[Tensor, float]:
    """Return the logits of ``generate`` for the tokens on which it agrees with a reply, and their own spread."""
    plain: Any = model.model
    settings = GenerationConfig(
        max_new_tokens=STEPS, do_sample=False, pad_token_id=0, output_logits=True, return_dict_in_generate=True
    )
    forget_longest_call(plain)
    prompt = _batch_of(model, ids)
    with attention_kernel(plain, kernel):
        output = plain.generate(prompt, attention_mask=torch.ones_like(prompt), generation_config=settings)
    logits = torch.cat(list(output.logits)).float()
    pairs = zip(output.sequences[0, len(ids) :].tolist(), replied, strict=False)
    agreed = next((number for number, (theirs, own) in enumerate(pairs) if theirs != own), len(logits) - 1)
    logits = logits[: agreed + 1]
    once = _plain_logits(model, kernel, [*ids, *replied[:-1]])[: len(logits)]
    return logits, _difference(logits, once)


def _batch_of(model: LoadedModel, ids: Sequence[int]) -> Tensor:
    return torch.tensor([list(ids)], device=model.model.device)


def _difference(ours: Tensor, plain: Tensor) -> float:
    """Return the largest difference of any token's logits."""
    return max(_differences(ours, plain[: len(ours)]).tolist(), default=0.0)


def _differences(ours: Tensor, plain: Tensor) -> Tensor:
    """Return, per token, the RMS of the differences of logits as a share of the plain logits' deviation."""
    error = (ours.to(plain.device) - plain).square().mean(-1).sqrt() / plain.std(-1).clamp_min(1e-9)
    return error.nan_to_num(torch.inf, torch.inf)


def _beginning(model: LoadedModel, kernel: str, ids: Sequence[int], tolerance: float) -> str:
    """Return at which token of the context a difference begins, and past which limits of the configuration."""
    limits = named_limits(model.model.config.get_text_config())
    spread = set(torch.linspace(0, len(ids) - 1, PLACES).long().tolist())
    near = {size + step for size in limits.values() for step in (-1, 0, 1) if size + step < len(ids)}
    places = torch.tensor(sorted(spread | near), device=model.model.device)
    cache = RaggedCache.empty(model.model, kernel)
    batch = _batch_of(model, ids)
    with ragged_attention(model.model, kernel):
        positions = torch.arange(len(ids), device=batch.device)[None]
        passed = cache_argument(model.model, cache)
        own = model.model(input_ids=batch, **passed, position_ids=positions, logits_to_keep=places).logits[0].float()
    wrong = (_differences(own, _plain_logits(model, kernel, ids, places)) > tolerance).nonzero()[:, 0]
    if not len(wrong):
        return f"once tokens are fed to the cache of a context of {len(ids) - FED} tokens"
    first = int(places[wrong[0]])
    passed_by = [f"{name}={size}" for name, size in limits.items() if size <= first]
    return f"from token {first} of {len(ids)} on" + (f", past {', '.join(passed_by)}" if passed_by else "")
