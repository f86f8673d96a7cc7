"""Loading of a model: from a hub id, a directory or a GGUF file, or the default or stock model by name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

from kvguard_policies.own_attention import own_attention
from pytest_kvguard.errors import ModelError, UsageError, suggest
from pytest_kvguard.external.optional import require_optional
from pytest_kvguard.external.progress_bars import hidden_progress_bars
from pytest_kvguard.models.embedded_model import Stage
from pytest_kvguard.models.fitness import require_chat_template, require_supported_family
from pytest_kvguard.models.heap import keep_freed_memory
from pytest_kvguard.models.kernels import known_kernels, require_kernel
from pytest_kvguard.models.model_source import NAMED_MODELS, locate
from pytest_kvguard.models.options import DEFAULT_MODEL, DTYPES, SPREAD, STOCK_MODEL, ModelOptions

__all__ = ["LoadedModel", "ModelOptions", "load_model", "load_tokenizer", "require_device"]


@dataclass(frozen=True)
class LoadedModel:
    """A model that is ready to run.

    Attributes:
        name: as the user named it.
        stop_ids: every id that ends a reply.
        max_tokens: the number of positions for which the model was built.
    """

    name: str
    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    stop_ids: frozenset[int]
    max_tokens: int

    def kernels(self) -> tuple[str, ...]:
        """Return the names of the kernels that ``--kv-attn`` accepts: those that take a ready 4D mask."""
        return known_kernels()

    def check_kernel(self, name: str) -> None:
        """Raise ``UsageError`` unless ``--kv-attn`` accepts a kernel and the kernel can run this model."""
        if name == "sdpa" and not getattr(self.model, "_supports_sdpa", True):
            raise UsageError(f"{self.name} cannot run on --kv-attn=sdpa, says transformers. Use --kv-attn=eager.")
        require_kernel(name)
        own = None if name in ("eager", "sdpa") else own_attention(self.model)
        if own:
            raise UsageError(
                f"{self.name} computes attention in code of its own, so it cannot run on --kv-attn={name}. Use "
                f"--kv-attn={' or '.join(sorted(own.kernels))}."
            )


def load_model(options: ModelOptions, on_stage: Stage | None = None, for_contracts: bool = False) -> LoadedModel:
    """Load a model and its tokenizer.

    Args:
        options: the model to load, and how.
        on_stage: called with each stage of a first fetch: its label, stages done, stages in all.
        for_contracts: refuse a model that no contract can run on, before its weights are read.

    Raises:
        ModelError: the model does not exist, cannot be fetched or cannot be read.
        UsageError: the dtype or device is unknown, or accelerate is needed and not installed.
    """
    dtype, device = _dtype(options.dtype), None if options.device == SPREAD else _device(options.device)
    if device is None:
        require_optional("accelerate")
    source, extra = locate(options, on_stage)
    is_gguf = "gguf_file" in extra
    if is_gguf:
        require_optional("accelerate", f"--kv-model={options.name}", "gguf")
    with _loading(options.name, is_gguf):
        tokenizer = AutoTokenizer.from_pretrained(source, **extra)
        config = AutoConfig.from_pretrained(source, **extra)
    if for_contracts:
        require_chat_template(options.name, tokenizer)
        require_supported_family(options.name, config)
    with _loading(options.name, is_gguf):
        where = {} if device else {"device_map": SPREAD}
        model = AutoModelForCausalLM.from_pretrained(source, dtype=dtype, **where, **extra)
    model = model.to(device) if device else model
    if model.device.type == "cpu":
        keep_freed_memory()
    return _ready(options.name, model.eval(), tokenizer)


def load_tokenizer(options: ModelOptions) -> PreTrainedTokenizerBase:
    """Load the tokenizer of a model.

    Raises:
        ModelError: the model does not exist, cannot be fetched or cannot be read.
    """
    source, extra = locate(options)
    with _loading(options.name, "gguf_file" in extra):
        tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(source, **extra)
    return tokenizer


@contextmanager
def _loading(name: str, gguf: bool) -> Iterator[None]:
    """Turn errors into ``ModelError``, and hide progress bars, which pytest would capture as output."""
    try:
        with hidden_progress_bars(gguf):
            yield
    except Exception as error:
        raise ModelError(_explain(name, error)) from error


def _explain(name: str, error: Exception) -> str:
    first_line = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return (
        f"--kv-model={name} cannot be loaded: {first_line} "
        f"Give a hub id that this machine can reach, a directory with config.json and safetensors, a .gguf file, "
        f"{DEFAULT_MODEL!r}, the default, or {STOCK_MODEL!r}, which come from the package index."
        f"{suggest(name, NAMED_MODELS)}"
    )


def _dtype(name: str) -> torch.dtype | str:
    if name not in DTYPES:
        raise UsageError(f"Unknown --kv-dtype={name}.{suggest(name, DTYPES)} Known: {', '.join(DTYPES)}.")
    return name if name == "auto" else getattr(torch, name)


def require_device(name: str) -> None:
    """Raise ``UsageError`` unless this machine has a device; ``auto`` is any."""
    if name != SPREAD:
        _device(name)


def _device(name: str) -> torch.device:
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
        if device.type == "meta":
            raise RuntimeError("it holds shapes without values.")
    except (RuntimeError, AssertionError) as error:
        first_line = str(error).splitlines()[0].removesuffix(".")
        raise UsageError(f"--kv-device={name} cannot be used: {first_line}. Try --kv-device=cpu.") from error
    return device


def _ready(name: str, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> LoadedModel:
    config = model.config.get_text_config()
    limit = getattr(config, "max_position_embeddings", None) or 1 << 30
    return LoadedModel(name, model, tokenizer, _stop_ids(model, tokenizer), int(limit))


def _stop_ids(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> frozenset[int]:
    """Return all end ids of the generation config and the tokenizer."""
    declared = getattr(model.generation_config, "eos_token_id", None)
    ids = declared if isinstance(declared, list) else [declared]
    return frozenset(i for i in [*ids, tokenizer.eos_token_id] if i is not None)
