"""Confines the changes that kvpress makes to transformers and to a model to the block that needs them.

Importing kvpress wraps every attention function registered with transformers, for all models of the process, so that
presses can mask heads. Running a press leaves masks, a rotary module and, after an error, hooks on the attention
modules.
"""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from torch import nn
from transformers import PreTrainedModel
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from kvguard_policies.extras import check_extra
from kvguard_policies.hf_layers import layers_without_entries
from kvguard_policies.records import PolicyError

__all__ = ["attention_modules", "head_masks", "import_kvpress", "restore_afterwards"]


def import_kvpress() -> ModuleType:
    """Return the kvpress package, after undoing the changes of its import to transformers' attention functions.

    If other code has imported kvpress before, the functions are left unchanged.

    Raises:
        PolicyError: kvpress is not installed.
    """
    check_extra("kvpress", "a kvpress policy")
    if "kvpress" in sys.modules:
        return sys.modules["kvpress"]
    before = dict(ALL_ATTENTION_FUNCTIONS.items())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        kvpress = importlib.import_module("kvpress")
    for name, function in dict(ALL_ATTENTION_FUNCTIONS.items()).items():
        if function is not before.get(name):
            _restore(name, before[name])
    return kvpress


@contextmanager
def head_masks(kernel: str) -> Iterator[None]:
    """Let an attention function apply the masks that presses leave on modules, inside the block."""
    import_kvpress()
    original = ALL_ATTENTION_FUNCTIONS.get(kernel)
    if original is None:  # kvpress does not patch eager attention
        yield
        return
    from kvpress.attention_patch import attention_patch

    ALL_ATTENTION_FUNCTIONS[kernel] = attention_patch(original)
    try:
        yield
    finally:
        _restore(kernel, original)


def _restore(name: str, function: Any) -> None:
    """Remove the override of one attention function; put ``function`` back if it was an override itself."""
    del ALL_ATTENTION_FUNCTIONS[name]
    if ALL_ATTENTION_FUNCTIONS.get(name) is not function:
        ALL_ATTENTION_FUNCTIONS[name] = function


@contextmanager
def restore_afterwards(model: PreTrainedModel) -> Iterator[None]:
    """Restore the attributes, submodules and hooks of a model after the block, even after an error."""
    before = [(module, _copy(module.__dict__)) for module in model.modules()]
    try:
        yield
    finally:
        for module, attributes in before:
            _put_back(module, attributes)


def _copy(attributes: dict[str, Any]) -> dict[str, Any]:
    return {name: value.copy() if isinstance(value, dict) else value for name, value in attributes.items()}


def _put_back(module: nn.Module, attributes: dict[str, Any]) -> None:
    """Restore a module's attributes in place, since the handles of hooks refer to its dictionaries."""
    for name in module.__dict__.keys() - attributes.keys():
        del module.__dict__[name]
    for name, value in attributes.items():
        current = module.__dict__.get(name)
        if isinstance(value, dict) and isinstance(current, dict):
            current.clear()
            current.update(value)
        else:
            module.__dict__[name] = value


def attention_modules(model: PreTrainedModel) -> list[Any]:
    """Return the attention module of every layer, in order, looked up as in kvpress.

    Raises:
        PolicyError: the model has recurrent layers.
    """
    if layers_without_entries(model).states:
        raise PolicyError(
            "kvpress compresses models whose layers all attend, and this one has recurrent layers. Use a policy of "
            "this package, e.g. snapkv or knorm."
        )
    body: Any = model.model
    return [layer.self_attn for layer in getattr(body, "language_model", body).layers]
