"""Hypothesis strategies over arrangements, which shrink to fewer instructions and toward the written order."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis import strategies as st

from pytest_kvguard.contract.model import Contract, Filler, Orderings
from pytest_kvguard.orderings.arrangement import Arrangement, Inserted

__all__ = ["draw_many", "orderings"]


def orderings(
    contract: Contract,
    *,
    keep: str | None = None,
    subsets: bool | None = None,
    distractors: Sequence[str] | None = None,
    filler: Filler | None = None,
) -> st.SearchStrategy[Arrangement]:
    """Return a strategy over the arrangements of a contract.

    Arguments that are not given default to the contract's ``orderings``. Pinned instructions stay at their end.

    Args:
        contract: the contract whose instructions are arranged; its paraphrases are drawn as well.
        keep: an instruction that is never left out.
        subsets: whether instructions may be left out.
        distractors: texts that may be inserted.
        filler: a text of drawn length that may be inserted.
    """
    written = contract.orderings or Orderings()
    return _arrangements(
        contract,
        written,
        keep,
        written.subsets if subsets is None else subsets,
        tuple(written.distractors if distractors is None else distractors),
        filler or written.filler,
    )


# Most instructions are present, since a longer arrangement contains more short orders. Hypothesis shrinks to 0, absent.
_PRESENCE = st.integers(0, 3).map(bool)


@st.composite
def _arrangements(
    draw: st.DrawFn,
    contract: Contract,
    pins: Orderings,
    keep: str | None,
    subsets: bool,
    distractors: tuple[str, ...],
    filler: Filler | None,
) -> Arrangement:
    present = [name for name in contract.written_order if name == keep or not subsets or draw(_PRESENCE)]
    order = _order(draw, present or list(contract.written_order[:1]), pins)
    inserted = [Inserted(draw(st.integers(0, len(order))), text) for text in distractors if draw(st.booleans())]
    words = draw(st.integers(0, filler.max_words)) if filler else 0
    if filler and words:
        inserted.append(Inserted(draw(st.integers(0, len(order))), filler.text, words))
    return Arrangement(order, _phrasings(draw, contract, order), tuple(inserted))


def _order(draw: st.DrawFn, present: list[str], pins: Orderings) -> tuple[str, ...]:
    """Draw an order, in which zeros give the written one."""
    first = [name for name in pins.first if name in present]
    last = [name for name in pins.last if name in present]
    left = [name for name in present if name not in {*first, *last}]
    free = []
    while left:
        free.append(left.pop(draw(st.integers(0, len(left) - 1)) if len(left) > 1 else 0))
    return (*first, *free, *last)


def _phrasings(draw: st.DrawFn, contract: Contract, order: Sequence[str]) -> tuple[tuple[str, int], ...]:
    choices = {name: len(contract.instruction(name).paraphrases) for name in order}
    drawn = ((name, draw(st.integers(0, most))) for name, most in choices.items() if most)
    return tuple((name, number) for name, number in drawn if number)


def draw_many(strategy: st.SearchStrategy[Arrangement], count: int, seed_number: int) -> tuple[Arrangement, ...]:
    """Return up to ``count`` distinct arrangements, as a test with ``@seed`` and ``max_examples`` would draw them."""
    drawn: dict[Arrangement, None] = {}

    @seed(seed_number)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        derandomize=False,
        phases=[Phase.generate],
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(arrangement: Arrangement) -> None:
        drawn.setdefault(arrangement)

    collect()
    return tuple(drawn)
