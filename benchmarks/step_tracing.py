"""What one decoding step makes the host wait for, and what it allocates, found on any device, a CPU included.

A host waits for an accelerator where it reads a value (``item``, ``tolist``, a comparison in an ``if``), where the size
of a result depends on values (``nonzero``, a boolean index), and where it copies without ``non_blocking``. On a CPU
none of these waits, so they are recognised by their operations. Tensors that would be on the host beside an
accelerator, such as those made without a ``device``, may be read freely.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

__all__ = ["StepTrace"]

SIZE_DEPENDS_ON_VALUES = (
    "nonzero",
    "masked_select",
    "_unique",
    "unique_dim",
    "unique_consecutive",
    "bincount",
    "equal",
)
INDEXING = ("index", "index_put", "index_put_", "_index_put_impl_")
FACTORIES = ("tensor", "arange", "empty", "zeros", "ones", "full", "as_tensor", "from_numpy")
OWN_CODE = ("kvguard_policies", "pytest_kvguard", "transformers", "tests")


class StepTrace:
    """Lists, while it is entered, the places where a host would wait for an accelerator.

    Attributes:
        waits: place and operation → how often the host would wait there.
        allocations: operation → how many tensors it allocated.
        shapes: every operation with the shapes of its tensors, in order.
    """

    def __init__(self) -> None:
        self.waits: Counter[str] = Counter()
        self.allocations: Counter[str] = Counter()
        self.shapes: list[tuple[str, tuple[tuple[int, ...], ...]]] = []
        self._step = 0
        self._on_host: dict[int, int] = {}
        self._alive: list[Tensor] = []
        self._modes = ExitStack()

    def __enter__(self) -> StepTrace:
        """Start to trace."""
        self._modes.enter_context(_Calls(self))
        self._modes.enter_context(_Operations(self))
        return self

    def __exit__(self, *error: object) -> None:
        """End tracing."""
        self._modes.close()

    def begin(self) -> None:
        """Forget what was found, but not what is on the host; another step begins."""
        self.waits.clear()
        self.allocations.clear()
        self.shapes.clear()
        self.next_step()

    def next_step(self) -> None:
        """Note that another step begins: what earlier steps copied to the host has arrived by its end."""
        self._step += 1

    def wait(self, operation: str) -> None:
        """Note that the host would wait for an operation at this place."""
        self.waits[f"{_place()}: {operation}"] += 1

    def keep_on_host(self, tensor: Tensor, arrives: int = -1) -> None:
        """Note that a tensor would be on the host; ``arrives`` is the step whose copy fills it."""
        self._alive.append(tensor)  # so that no other tensor gets its memory
        self._on_host[_storage(tensor)] = arrives

    def copied_now(self, tensor: Tensor) -> None:
        """Note that this step fills a tensor on the host, without waiting."""
        self.keep_on_host(tensor, self._step)

    def to_device(self, tensor: Tensor) -> None:
        """Note that a tensor is on the device from now on."""
        self._on_host.pop(_storage(tensor), None)

    def is_on_host(self, tensor: Tensor) -> bool:
        """Return whether a tensor would be on the host."""
        return _storage(tensor) in self._on_host

    def read(self, tensor: Tensor, operation: str) -> None:
        """Note that the host reads a tensor: it waits if that is on the device, or if this step copies it."""
        if self._on_host.get(_storage(tensor), self._step) == self._step:
            self.wait(operation)


def _storage(tensor: Tensor) -> int:
    return tensor.untyped_storage().data_ptr()


def _place() -> str:
    """Return the innermost line of this project, of its tests or of transformers that is being run."""
    frame = sys._getframe(1)
    while frame.f_back is not None:
        parts = frame.f_code.co_filename.split("/")
        if set(OWN_CODE) & set(parts):
            return f"{parts[-1]}:{frame.f_lineno} {frame.f_code.co_name}"
        frame = frame.f_back
    return "unknown"


class _Calls(TorchFunctionMode):
    """Sees what Python calls, and with it the reads that are no operation on a CPU."""

    def __init__(self, trace: StepTrace) -> None:
        super().__init__()
        self.trace = trace

    def __torch_function__(self, function: Any, types: Any, args: Sequence[Any] = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        name = getattr(function, "__name__", "")
        if name in ("tolist", "numpy", "cpu"):
            self.trace.read(args[0], name)
        result = function(*args, **kwargs)
        if (
            name == "to"
            and isinstance(result, Tensor)
            and self.trace.is_on_host(args[0])
            and _names_device(args, kwargs)
        ):
            self.trace.to_device(result)
            if not kwargs.get("non_blocking"):
                self.trace.wait("copy to the device")
        if name in FACTORIES and isinstance(result, Tensor):
            if kwargs.get("device") is None:
                self.trace.keep_on_host(result)
            elif name in ("tensor", "as_tensor"):
                self.trace.wait("copy to the device")
        return result


def _names_device(args: Sequence[Any], kwargs: Mapping[str, Any]) -> bool:
    return "device" in kwargs or any(isinstance(value, torch.device | str) for value in args[1:])


class _Operations(TorchDispatchMode):
    """Sees what the library runs."""

    def __init__(self, trace: StepTrace) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.trace = trace

    def __torch_dispatch__(self, function: Any, types: Any, args: Sequence[Any] = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        name = function._schema.name.removeprefix("aten::")
        tensors = [value for value in tree_leaves((args, kwargs)) if isinstance(value, Tensor)]
        on_host = [self.trace.is_on_host(tensor) for tensor in tensors]
        self._note(name, tensors, on_host, args, kwargs)
        result = function(*args, **kwargs)
        made = [value for value in tree_leaves(result) if isinstance(value, Tensor)]
        if not any(part.alias_info for part in function._schema.returns):
            self.trace.allocations[name] += len(made)
            if tensors and all(on_host):
                for tensor in made:
                    self.trace.keep_on_host(tensor)
        return result

    def _note(
        self,
        name: str,
        tensors: Sequence[Tensor],
        on_host: Sequence[bool],
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
    ) -> None:
        if not all(on_host) or not tensors:
            self.trace.shapes.append((name, tuple(tuple(tensor.shape) for tensor in tensors)))
        if name == "_local_scalar_dense":
            self.trace.read(args[0], "read of a value")
        elif name == "copy_" and on_host[0] != on_host[1] and tensors[1].dim():
            self._note_copy(tensors[0], kwargs.get("non_blocking") or (len(args) > 2 and args[2]), on_host[0])
        elif on_host and all(on_host):
            return
        elif name.startswith(SIZE_DEPENDS_ON_VALUES) or _is_sized_by_values(name, args):
            self.trace.wait(name)
        elif any(host and tensor.dim() for host, tensor in zip(on_host, tensors, strict=True)):
            self.trace.wait(f"{name} of a tensor on the host")

    def _note_copy(self, target: Tensor, is_free: bool, to_host: bool) -> None:
        if not is_free:
            self.trace.wait("copy_")
        elif to_host:
            self.trace.copied_now(target)


def _is_sized_by_values(name: str, args: Iterable[Any]) -> bool:
    """Return whether an operation indexes with a mask, or repeats by numbers that are on the device."""
    if name == "repeat_interleave":
        return True
    indices = list(args)[1] if name in INDEXING else ()
    return any(isinstance(index, Tensor) and index.dtype in (torch.bool, torch.uint8) for index in indices)
