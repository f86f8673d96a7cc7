"""What a model needs so that contracts can run on it at all, found out before its weights are read."""

from __future__ import annotations

import inspect
from importlib import import_module
from types import ModuleType
from typing import Any

from pytest_kvguard.contract.chat_layout import lay_out
from pytest_kvguard.errors import ModelError, PromptError

__all__ = ["require_chat_template", "require_supported_family"]

SUPPORTED = "decoders whose layers read all that they cache, such as Llama, Qwen or Gemma"


def require_chat_template(name: str, tokenizer: Any) -> None:
    """Raise ``ModelError`` unless a tokenizer has a chat template that renders the plainest conversation."""
    try:
        lay_out(tokenizer, "Answer in lowercase.", ["When do you open?"], [])
    except PromptError as error:
        raise ModelError(f"--kv-model={name} cannot run any contract: {error}") from None


def require_supported_family(name: str, config: Any) -> None:
    """Raise ``ModelError`` for a family of transformers that has no KV cache to compress."""
    from transformers import MODEL_FOR_CAUSAL_LM_MAPPING

    model_class: Any = MODEL_FOR_CAUSAL_LM_MAPPING.get(type(config), None)
    if isinstance(model_class, tuple):
        model_class = model_class[0]
    # The class of a family that comes with its own code is unknown here; it shows when it runs.
    if model_class is not None and (obstacle := _obstacle(model_class)):
        raise ModelError(
            f"--kv-model={name} cannot run any contract: the family {config.model_type!r} {obstacle}, so there is no "
            f"KV cache to compress. Use one of the {SUPPORTED}."
        )


def _obstacle(model_class: Any) -> str:
    """Return why a family has no KV cache; an empty string if it may have one."""
    code = vars(_code_of(model_class))
    # A wrapper of another family's decoder has no attention in its own code.
    says_so = getattr(model_class, "_supports_attention_backend", False) or "ALL_ATTENTION_FUNCTIONS" in code
    if not says_so and not any(thing.endswith("Attention") for thing in code):
        return "has no attention"
    from kvguard_policies.hf_layers import CACHE_ARGUMENTS

    arguments = inspect.signature(model_class.forward).parameters.keys()
    if "input_ids" in arguments and not arguments & {*CACHE_ARGUMENTS}:
        return "reads the whole context again for every token or carries it on in a form of its own"
    return ""


def _code_of(model_class: Any) -> ModuleType:
    """Return the module that defines a class, which another test or a notebook may have dropped meanwhile."""
    return import_module(model_class.__module__)
