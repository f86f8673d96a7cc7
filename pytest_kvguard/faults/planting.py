"""Replaces parts of the code under test and restores them."""

from __future__ import annotations

import sys
from collections.abc import Callable, MutableMapping
from types import TracebackType
from typing import Any

import torch
from torch import Tensor, nn
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from kvguard_policies import attention as ragged
from kvguard_policies import spec as specs
from kvguard_policies.policy import OwnCache
from pytest_kvguard.models.kernels import REFERENCE

__all__ = ["Planting"]

Broken = Callable[..., Any]
"""A replacement; it takes the original, then the arguments of the original."""


class Planting:
    """A block in which parts of the code under test are replaced; its end restores them, also after an exception.

    Attributes:
        reached: number of calls of replaced code, without those taken back by ``untouched``.
    """

    def __init__(self) -> None:
        self.reached = 0
        self._restores: list[Callable[[], None]] = []
        self._attending = False

    def __enter__(self) -> Planting:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        while self._restores:
            self._restores.pop()()

    def untouched(self) -> None:
        """Take back one call from ``reached``, because the replacement did the same as the original in it."""
        self.reached -= 1

    def function(self, real: Callable[..., Any], broken: Broken) -> None:
        """Replace a function in every module that imported it."""
        planted = self._counting(real, broken)
        for module in list(sys.modules.values()):
            names = getattr(module, "__dict__", None) or {}
            for name in [name for name, value in list(names.items()) if value is real]:
                self._set(module, name, planted)

    def method(self, owner: type, name: str, broken: Broken) -> None:
        """Replace a method, property or class method that a class defines."""
        raw = owner.__dict__[name]
        if isinstance(raw, property):
            getter = raw.fget
            assert getter is not None
            self._set(owner, name, property(self._counting(getter, broken)))
        elif isinstance(raw, classmethod):
            self._set(owner, name, classmethod(self._counting(raw.__func__, broken)))
        else:
            self._set(owner, name, self._counting(raw, broken))

    def policy(self, **broken: Broken) -> None:
        """Replace methods of every policy under test; a policy that wraps others is replaced as a whole."""

        def load(real: Callable[[str], Any], spec: str) -> Any:
            policy = real(spec)
            return policy if isinstance(policy, OwnCache) else self._dressed(policy, broken)

        self.function(specs.load, load)
        self.reached = 0

    def attention(self, broken: Callable[..., Tensor]) -> None:
        """Replace the attention under test, in plain calls and over ragged caches; eager attention is not replaced.

        Args:
            broken: takes ``attend``, queries (B, Hq, Q, D), keys and values (B, H, S, D) and a mask of the keys that
                each query may see, (B or 1, H or 1, Q, S) bool; returns (B, Q, Hq, D). ``attend`` is the original and
                takes the last four.
        """

        def run(
            real: Broken,
            kernel: str,
            module: nn.Module,
            query: Tensor,
            key: Tensor,
            value: Tensor,
            mask: Any,
            rest: Any,
        ) -> Tensor:
            # The other kernels are compared with this one, so a fault in it would spoil the reference.
            if kernel == REFERENCE or self._attending:
                self.untouched()
                return real(kernel, module, query, key, value, mask, rest)  # type: ignore[no-any-return]

            def attend(q: Tensor, k: Tensor, v: Tensor, seen: Tensor) -> Tensor:
                return real(kernel, module, q, k, v, seen, rest)  # type: ignore[no-any-return]

            return self._attend(broken, attend, query, key, value, mask)

        self.function(ragged._run, run)
        for name in set(ALL_ATTENTION_FUNCTIONS._global_mapping) - {ragged.RAGGED, REFERENCE}:
            self.entry(ALL_ATTENTION_FUNCTIONS._global_mapping, name, self._plain_call(broken))

    def entry(self, mapping: MutableMapping[Any, Any], key: Any, broken: Broken) -> None:
        """Replace a function in a mapping."""
        real = mapping[key]
        self._restores.append(lambda: mapping.__setitem__(key, real))
        mapping[key] = self._counting(real, broken)

    def value(self, owner: Any, name: str, value: Any) -> None:
        """Replace a constant of a module or class, and count it as reached, since reads cannot be observed."""
        self._set(owner, name, value)
        self.reached += 1

    def _plain_call(self, broken: Callable[..., Tensor]) -> Broken:
        def call(
            real: Broken, module: nn.Module, query: Tensor, key: Tensor, value: Tensor, mask: Any = None, **rest: Any
        ) -> Any:
            given = rest.pop("attention_mask", mask)
            if self._attending or not (given is None or isinstance(given, Tensor)):
                self.untouched()
                return real(module, query, key, value, given, **rest)

            def attend(q: Tensor, k: Tensor, v: Tensor, seen: Tensor) -> Tensor:
                blocked = torch.zeros(seen.shape, dtype=q.dtype, device=q.device)
                blocked = blocked.masked_fill(~seen, torch.finfo(q.dtype).min)
                heads = blocked if blocked.shape[1] == 1 else blocked.repeat_interleave(q.shape[1] // k.shape[1], 1)
                return real(module, q, k, v, heads, **rest)[0]  # type: ignore[no-any-return]

            seen = given if given is None or given.dtype == torch.bool else given > torch.finfo(given.dtype).min / 2
            if seen is not None and seen.shape[1] == query.shape[1]:
                # Another replacement around this one expanded the mask to one per query head.
                seen = seen[:, :: query.shape[1] // key.shape[1]]
            return self._attend(broken, attend, query, key, value, seen), None

        return call

    def _attend(
        self, broken: Callable[..., Tensor], attend: Any, query: Tensor, key: Tensor, value: Tensor, seen: Any
    ) -> Tensor:
        """Call a broken attention once, even where replaced functions call each other."""
        if seen is None:
            own = torch.arange(query.shape[2], device=query.device)[:, None] + key.shape[2] - query.shape[2]
            seen = (torch.arange(key.shape[2], device=query.device) <= own)[None, None]
        self._attending = True
        try:
            return broken(attend, query, key, value, seen[..., : key.shape[2]])
        finally:
            self._attending = False

    def _dressed(self, policy: Any, broken: dict[str, Broken]) -> Any:
        """Return a copy of a policy whose class is a subclass with replaced methods."""
        kind = type(policy)
        methods = {name: self._counting(getattr(kind, name), replacement) for name, replacement in broken.items()}
        names = {"__module__": kind.__module__, "__qualname__": kind.__qualname__, "__doc__": kind.__doc__}
        twin: Any = object.__new__(type(kind.__name__, (kind,), {**names, **methods}))
        twin.__dict__.update(policy.__dict__)
        return twin

    def _counting(self, real: Callable[..., Any], broken: Broken) -> Callable[..., Any]:
        def planted(*args: Any, **options: Any) -> Any:
            self.reached += 1
            return broken(real, *args, **options)

        planted.__name__ = getattr(real, "__name__", "planted")
        return planted

    def _set(self, owner: Any, name: str, value: Any) -> None:
        before = owner.__dict__[name]
        self._restores.append(lambda: setattr(owner, name, before))
        setattr(owner, name, value)
