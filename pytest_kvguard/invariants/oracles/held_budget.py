"""A budget held while generating is held by every head after every token, of entries that are what they claim."""

from __future__ import annotations

from torch import Tensor
from transformers import PreTrainedModel

from kvguard_policies.compression import compress, prefill
from kvguard_policies.hf_cache import RaggedCache
from pytest_kvguard.engine.decode import Row, decode_rows
from pytest_kvguard.engine.hold import BudgetHolder
from pytest_kvguard.invariants.arms import context_of, layout_of
from pytest_kvguard.invariants.contexts import scoring_policy
from pytest_kvguard.invariants.differences import FLOAT32, first_wrong
from pytest_kvguard.invariants.finding import Finding, NotApplicable
from pytest_kvguard.invariants.subject import Subject

__all__ = ["find"]

TOKENS, NEW_TOKENS, FEWEST_EVICTIONS = 48, 128, 2


class _WatchedHolder(BudgetHolder):
    """Notes after every token what is held."""

    problem: Finding | None = None
    rows: tuple[Tensor, Tensor] | None = None

    def hold(self, cache: RaggedCache, row: int, new_positions: Tensor) -> None:
        super().hold(cache, row, new_positions)
        for index in self.layers:
            lengths = cache.layers[index].lengths[row].tolist()
            newest = int(new_positions[-1])
            if self.problem is None:
                self.problem = self._problem_of(index, lengths, newest)
        self.rows = tuple(rows.clone() for rows in cache.layers[self.layers[0]].entries_of(row))

    def _problem_of(self, index: int, lengths: list[int], newest: int) -> Finding | None:
        for head, (count, positions) in enumerate(zip(lengths, self.positions[index], strict=True)):
            if count != self.budgets[index] or len(positions) != count:
                held = f"{count}, with {len(positions)} positions"
                return Finding("number of rows held", held, str(self.budgets[index]), "", index, head, newest)
            if not bool((positions.diff() > 0).all()) or int(positions[-1]) > newest:
                seen = str(positions.tolist())
                return Finding("positions held", seen, f"ascending, up to {newest}", "", index, head, newest)
        return None


def find(subject: Subject) -> Finding | None:
    """Generate 128 tokens on one layer, where a row's key and value are known from its token and position alone."""
    policy = scoring_policy(subject)
    if not policy.can_decode:
        raise NotApplicable("the policy does not hold a budget while generating")
    model, layout = subject.source.one_layer(), layout_of(TOKENS)
    ids = context_of(model, TOKENS)
    record = prefill(model, ids, layout, policy.needs(layout), subject.kernel, hold_recent=True)
    context = compress(record, policy, subject.ratio)
    holder = _WatchedHolder(record, context, policy)
    row = Row(context, (question := context_of(model, 1, seed=8)[0],), NEW_TOKENS, holder)
    decode_rows(model, [row], frozenset(), subject.kernel, tie=0.0)
    if holder.problem:
        return holder.problem
    if holder.evictions < FEWEST_EVICTIONS:
        return Finding("number of evictions", str(holder.evictions), f"{FEWEST_EVICTIONS} or more")
    return _wrong_row(model, [*ids, question, *row.generated[:-1]], holder)


def _wrong_row(model: PreTrainedModel, said: list[int], holder: _WatchedHolder) -> Finding | None:
    assert holder.rows is not None
    record = prefill(model, said)
    where = f"{NEW_TOKENS} tokens generated"
    for head, positions in enumerate(holder.positions[0]):
        for what, held, source in zip(("key", "value"), holder.rows, (record.keys[0], record.values[0]), strict=True):
            if found := first_wrong(held[head], source[head][positions], FLOAT32):
                return Finding(what, *found[1], where, 0, head, int(positions[found[0][0]]))
    return None
