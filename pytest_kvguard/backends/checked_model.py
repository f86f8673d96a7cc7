"""A model is refused, once, if the guard's uncompressed arm is not that model; what was found is remembered."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from weakref import WeakKeyDictionary

from transformers import PreTrainedModel

from pytest_kvguard.backends.turn_key import TurnKeys
from pytest_kvguard.engine.self_check import SelfCheck, check_model
from pytest_kvguard.errors import ModelError
from pytest_kvguard.models.load_model import LoadedModel
from pytest_kvguard.result_store.store import ResultStore, ignore
from pytest_kvguard.result_store.values import dump_value, load_value

__all__ = ["CheckMemory", "require_faithful"]

_CHECKED: WeakKeyDictionary[PreTrainedModel, dict[str, SelfCheck]] = WeakKeyDictionary()
"""What this process has found, by kernel. A fault that is planted later must show in the tests, not here."""


class CheckMemory:
    """The results of earlier runs on this machine.

    Args:
        store: the result store.
        keys: makes its keys, from all that a result depends on.
    """

    def __init__(self, store: ResultStore, keys: TurnKeys) -> None:
        self._store, self._keys = store, keys

    def recall(self, kernel: str) -> SelfCheck | None:
        """Return the result for a kernel; None if there is none."""
        key = self._keys.self_check(kernel)
        payload = self._store.get(key) if key else None
        try:
            return None if payload is None else load_value(SelfCheck, payload)
        except ValueError:
            return None

    def keep(self, kernel: str, result: SelfCheck) -> None:
        """Remember a result."""
        if key := self._keys.self_check(kernel):
            self._store.put(key, dump_value(result))


def require_faithful(
    model: LoadedModel,
    kernels: Iterable[str],
    memory: CheckMemory | None = None,
    announce: Callable[[str], None] = ignore,
) -> None:
    """Raise ``ModelError`` unless the uncompressed arm is the model on every kernel.

    Args:
        model: the model.
        kernels: the attention kernels of the run.
        memory: results of earlier runs; None compares anew.
        announce: called with a line that says what could not be compared.
    """
    for kernel in kernels:
        known = _CHECKED.setdefault(model.model, {})
        if kernel not in known:
            recalled = memory.recall(kernel) if memory else None
            known[kernel] = check_model(model, kernel) if recalled is None else recalled
            if memory and recalled is None and known[kernel].is_lasting:
                memory.keep(kernel, known[kernel])
            if known[kernel].note:
                announce(known[kernel].note)
        if known[kernel].problem:
            raise ModelError(known[kernel].problem)
