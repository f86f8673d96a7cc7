"""A budget held while generating holds in every head after every token, and every entry has its token's vectors."""

from __future__ import annotations

from torch import Tensor
from transformers import PreTrainedModel

from kvguard_policies.attention import rotation_depends_on_length
from kvguard_policies.compression import compress, prefill
from kvguard_policies.hf_cache import RaggedCache
from pytest_kvguard.engine.decode import Row, decode_rows
from pytest_kvguard.engine.hold import BudgetHolder
from pytest_kvguard.invariants.arms import context_of, layout_of
from pytest_kvguard.invariants.contexts import scoring_policy
from pytest_kvguard.invariants.differences import FLOAT32, first_mismatch
from pytest_kvguard.invariants.subject import Subject
from pytest_kvguard.invariants.violation import NotApplicable, Violation

__all__ = ["find"]

TOKENS, NEW_TOKENS, FEWEST_EVICTIONS = 48, 128, 2


class _WatchedHolder(BudgetHolder):
    """Checks after every token which entries are held."""

    problem: Violation | None = None
    entries: tuple[Tensor, Tensor] | None = None

    def hold(self, cache: RaggedCache, row: int, new_positions: Tensor) -> None:
        super().hold(cache, row, new_positions)
        for index in self.layers:
            lengths = cache.layers[index].lengths[row].tolist()
            newest = int(new_positions[-1])
            if self.problem is None:
                self.problem = self._problem_of(index, lengths, newest)
        self.entries = tuple(half.clone() for half in cache.layers[self.layers[0]].entries_of(row))

    def _problem_of(self, index: int, lengths: list[int], newest: int) -> Violation | None:
        for head, (count, positions) in enumerate(zip(lengths, self.positions[index], strict=True)):
            if count != self.budgets[index] or len(positions) != count:
                held = f"{count}, with {len(positions)} positions"
                return Violation("number of entries held", held, str(self.budgets[index]), "", index, head, newest)
            if not bool((positions.diff() > 0).all()) or int(positions[-1]) > newest:
                observed = str(positions.tolist())
                return Violation("positions held", observed, f"ascending, up to {newest}", "", index, head, newest)
        return None


def find(subject: Subject) -> Violation | None:
    """Return the first wrong entry while 128 tokens are generated, or None.

    On one layer an entry's key and value depend on its token and position alone.
    """
    policy = scoring_policy(subject)
    if not policy.can_decode:
        raise NotApplicable("the policy does not hold a budget while generating")
    model, layout = subject.source.one_layer(), layout_of(TOKENS)
    if rotation_depends_on_length(model):
        raise NotApplicable("the model rotates early tokens of a longer call otherwise, so keys cannot be recognised")
    ids = context_of(model, TOKENS)
    record = prefill(model, ids, layout, policy.needs(layout), subject.kernel, hold_recent=True)
    context = compress(record, policy, subject.ratio)
    holder = _WatchedHolder(record, context, policy)
    row = Row(context, (question := context_of(model, 1, seed=8)[0],), NEW_TOKENS, holder)
    decode_rows(model, [row], frozenset(), subject.kernel, tie=0.0)
    if holder.problem:
        return holder.problem
    if holder.evictions < FEWEST_EVICTIONS:
        return Violation("number of evictions", str(holder.evictions), f"{FEWEST_EVICTIONS} or more")
    return _wrong_entry(model, [*ids, question, *row.generated[:-1]], holder)


def _wrong_entry(model: PreTrainedModel, token_ids: list[int], holder: _WatchedHolder) -> Violation | None:
    assert holder.entries is not None
    record = prefill(model, token_ids)
    where = f"{NEW_TOKENS} tokens generated"
    halves = (record.keys[0], record.values[0])
    for head, positions in enumerate(holder.positions[0]):
        for what, held, source in zip(("key", "value"), holder.entries, halves, strict=True):
            if mismatch := first_mismatch(held[head], source[head][positions], FLOAT32):
                return Violation(what, *mismatch[1], where, 0, head, int(positions[mismatch[0][0]]))
    return None
