"""What a model needs so that contracts can run on it at all, found out before its weights are read."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import Any

from pytest_kvguard.contract.chat_layout import lay_out
from pytest_kvguard.errors import ModelError, PromptError

__all__ = ["require_chat_template", "require_supported_family"]

SUPPORTED = "decoders whose attention runs through transformers' attention registry, such as Llama, Qwen or Gemma"


def require_chat_template(name: str, tokenizer: Any) -> None:
    """Raise ``ModelError`` unless a tokenizer has a chat template that renders the plainest conversation."""
    try:
        lay_out(tokenizer, "Answer in lowercase.", ["When do you open?"], [])
    except PromptError as error:
        raise ModelError(f"--kv-model={name} cannot run any contract: {error}") from None


def require_supported_family(name: str, config: Any) -> None:
    """Raise ``ModelError`` for a family of transformers whose attention no policy can observe or compress."""
    from transformers import MODEL_FOR_CAUSAL_LM_MAPPING

    model_class: Any = MODEL_FOR_CAUSAL_LM_MAPPING.get(type(config), None)
    if isinstance(model_class, tuple):
        model_class = model_class[0]
    # The class of a family that comes with its own code is unknown here; it shows when it runs.
    if model_class is not None and not _attends_through_registry(model_class):
        raise ModelError(
            f"--kv-model={name} cannot run any contract: the family {config.model_type!r} is not supported, since "
            f"{_obstacle(model_class)}. Use one of the {SUPPORTED}."
        )


def _obstacle(model_class: Any) -> str:
    """Return what a family does that no policy can follow."""
    if any(thing.endswith("Attention") for thing in vars(_code_of(model_class))):
        return "it computes attention in code of its own, where no policy can observe it or compress what it reads"
    return "it has no attention, so there is no KV cache to compress"


def _attends_through_registry(model_class: Any) -> bool:
    """Return whether a class, or the code around it, says so; many hybrids do it without saying so."""
    says_so = getattr(model_class, "_supports_attention_backend", False)
    return says_so or hasattr(_code_of(model_class), "ALL_ATTENTION_FUNCTIONS")


def _code_of(model_class: Any) -> ModuleType:
    """Return the module that defines a class, which another test or a notebook may have dropped meanwhile."""
    return import_module(model_class.__module__)
