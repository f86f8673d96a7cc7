"""Entries that are packed while tokens are generated are as exact as those packed at once, in copies too."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

import torch
from torch import Tensor

from kvguard_policies.quantizers.quantizer import Quantizer
from kvguard_policies.stores import Store
from pytest_kvguard.invariants.arms import TOKENS, context_of, recorded
from pytest_kvguard.invariants.differences import first_mismatch, told_apart
from pytest_kvguard.invariants.quantized_entries import HALVES, quantizer_of
from pytest_kvguard.invariants.subject import Subject
from pytest_kvguard.invariants.violation import Violation

__all__ = ["find"]

PIECES = (1, 2, 31, 1, 5, 40, *[1] * 40, 32, 7)
"""Tokens that are appended at a time, 160 in all: groups fill within a piece, at its end, and token by token."""

CONTEXTS = (TOKENS, 45)
"""Tokens of the context: whole groups of every usual size, and some of the last group missing."""

GROWN = 2.0
"""How much rougher an entry may be than one packed at once: groups of other tokens have other scales."""

ROUNDING = 1e-5
"""Rounding of scales, as a share of an entry's length."""

LOOKED_AT = 8
"""After the first pieces, every eighth is looked at."""

FEWEST = 32
"""Entries packed while growing from which on none may be exact by chance."""


@torch.no_grad()
def find(subject: Subject) -> Violation | None:
    """Return the first entry that a growing store holds more roughly than a new one, loses or changes, or None."""
    quantizer, model = quantizer_of(subject), subject.source.model()
    longest = max(CONTEXTS) + sum(PIECES)
    record = recorded(model, context_of(model, longest), None, subject.kernel)
    layer = record.compressible_layers[-1]
    exact = record.keys[layer], record.values[layer]
    for heads, context in ((exact[0].shape[0], CONTEXTS[0]), (1, CONTEXTS[1])):
        halves = tuple(half[:heads, : context + sum(PIECES)] for half in exact)
        where = f"{context} tokens and {sum(PIECES)} more, {heads} heads in a store"
        if violation := _Growth(quantizer, halves, context, layer, where).problem():
            return violation
    return None


def _usual(errors: Tensor) -> Tensor:
    """Return the median error of each head, (H, 1)."""
    return errors.median(dim=1, keepdim=True).values


class _Place(NamedTuple):
    """Where an entry is: its half, head and token."""

    half: int
    head: int
    token: int


class _Growth:
    """A store that is given tokens after its context, as attention reads it.

    Args:
        quantizer: makes the store.
        exact: keys and values (H, T, D) of the context and of all later tokens.
        context: tokens of the context.
        layer: of the model.
        where: the run, in words.
    """

    def __init__(self, quantizer: Quantizer, exact: Sequence[Tensor], context: int, layer: int, where: str) -> None:
        self.exact, self.context, self.layer, self.where = exact, context, layer, where
        self.store = quantizer.store(*(half[:, :context] for half in exact))
        self.read = list(self.store.read())
        once = quantizer.store(*exact)
        self.allowed = [self._allowed(number, once) for number in range(2)]
        self.lossy = [bool((once.read()[number] != half).any()) for number, half in enumerate(exact)]

    def _allowed(self, number: int, once: Store) -> Tensor:
        """Return the largest error (H, T) of each entry: that of one packed at once, and what the context clips."""
        exact, packed = self.exact[number], self.exact[number].shape[1] - once.exact_tokens[number]
        error = (once.read()[number] - exact).float().norm(dim=2)
        length = exact.float().norm(dim=2)
        usual = _usual(error[:, :packed]).clamp(min=_usual((error / length)[:, :packed]) * length) if packed else error
        largest = exact[:, : self.context].float().abs().amax()
        clipped = (exact.float() - exact.float().clamp(-largest, largest)).norm(dim=2)
        allowed: Tensor = GROWN * torch.maximum(error, usual) + clipped + ROUNDING * length
        return allowed

    def problem(self) -> Violation | None:
        """Append all pieces; return what is wrong first, or None."""
        first_bytes, end = self.store.nbytes, self.context
        for number, size in enumerate(PIECES):
            copies = list(_copies(self.store)) if number in (0, 3, len(PIECES) - 1) else []
            before = self.store.read() if copies else self.read
            end += size
            new = [half[:, end - size : end] for half in self.exact]
            self._append(new, end)
            looks = number < LOOKED_AT or number % LOOKED_AT == 0 or number == len(PIECES) - 1
            if violation := self._wrong_copy(copies, before, new) or (self._wrong_entry(end) if looks else None):
                return violation
        if not self.store.nbytes > first_bytes:
            observed = f"{self.store.nbytes} after {sum(PIECES)} more tokens"
            return Violation("bytes of the store", observed, f"above {first_bytes}", self.where, self.layer)
        return self._packs_nothing(end)

    def _append(self, new: Sequence[Tensor], end: int) -> None:
        changed = self.store.append(*new)
        for number, (first, vectors) in enumerate(changed):
            whole = torch.cat([self.read[number], new[number]], dim=1)
            self.read[number] = torch.cat([whole[:, :first], vectors, whole[:, first + vectors.shape[1] :]], dim=1)

    def _wrong_entry(self, end: int) -> Violation | None:
        for number, name in enumerate(HALVES):
            newest = self.store.exact_tokens[number]
            for read in (self.read[number], self.store.read()[number]):
                if read.shape[1] != end:
                    return Violation(f"number of {name}", str(read.shape[1]), str(end), self.where, self.layer)
                exact = self.exact[number][:, :end]
                if mismatch := first_mismatch(read[:, end - newest :], exact[:, end - newest :], 0.0):
                    (head, token, _), values = mismatch
                    what = f"{name} of the {newest} newest tokens, which are exact"
                    return self._at(_Place(number, head, end - newest + token), what, values)
                error = (read - exact).float().norm(dim=2)
                if (~(error <= self.allowed[number][:, :end])).any():
                    return self._too_rough(number, error, end)
        return None

    def _too_rough(self, number: int, error: Tensor, end: int) -> Violation:
        head, token = (int(index) for index in (~(error <= self.allowed[number][:, :end])).nonzero()[0])
        observed, most = told_apart(float(error[head, token]), float(self.allowed[number][head, token]))
        what = f"error of {HALVES[number]} after {end} tokens"
        return self._at(_Place(number, head, token), what, (observed, f"{most} or less, as packed at once"))

    def _packs_nothing(self, end: int) -> Violation | None:
        for number, name in enumerate(HALVES):
            packed = slice(self.context, end - self.store.exact_tokens[number])
            read, exact = self.store.read()[number][:, packed], self.exact[number][:, packed]
            if self.lossy[number] and exact.shape[1] >= FEWEST and torch.equal(read, exact):
                what = f"error of {name} packed after the context"
                return Violation(what, "exactly 0", "above 0", self.where, self.layer)
        return None

    def _wrong_copy(
        self, copies: Sequence[tuple[str, Store]], before: Sequence[Tensor], new: Sequence[Tensor]
    ) -> Violation | None:
        """Return how a copy read otherwise than its original did, or goes on otherwise, or None."""
        after = self.store.read()
        for said, twin in copies:
            if violation := self._unlike(twin.read(), before, f"read from a {said}"):
                return violation
            twin.append(*new)
            if violation := self._unlike(twin.read(), after, f"read from a {said} that went on"):
                return violation
            if violation := self._unlike(self.store.read(), after, f"read after a {said} went on"):
                return violation
        return None

    def _unlike(self, observed: Sequence[Tensor], expected: Sequence[Tensor], what: str) -> Violation | None:
        for number, name in enumerate(HALVES):
            if mismatch := first_mismatch(observed[number], expected[number], 0.0):
                index, values = mismatch
                return self._at(_Place(number, index[0], index[1]), f"{name} {what}", values)
        return None

    def _at(self, place: _Place, what: str, values: tuple[str, str]) -> Violation:
        return Violation(what, *values, self.where, self.layer, place.head, place.token)


def _copies(store: Store) -> Iterator[tuple[str, Store]]:
    """Yield copies of a store, made in every way in which a program makes one, with a name for each."""
    yield "copy", store.copy()
    yield "deep copy", copy.deepcopy(store)
    with suppress(pickle.PicklingError, AttributeError, TypeError):  # nothing promises that a store can be pickled
        yield "reloaded copy", pickle.loads(pickle.dumps(store))  # noqa: S301 - it was pickled here
