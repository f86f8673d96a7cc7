"""The report of a search for a failing arrangement: its differences, its cost, and a contract to paste."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import replace

from pytest_kvguard.contract.model import Block, Contract, Instruction, Probe
from pytest_kvguard.contract.write import write_contract
from pytest_kvguard.orderings.arrangement import Arrangement, arrange
from pytest_kvguard.orderings.search import FailingArrangement, Search, TokenBudget
from pytest_kvguard.reports.failure import LABEL
from pytest_kvguard.values.results import CaseId

__all__ = ["explain_search", "reproduction"]


def explain_search(contract: Contract, case: CaseId, failing: FailingArrangement, search: Search) -> list[str]:
    """Return the lines on the search in a failing item's report; they end in a contract to paste."""
    return [
        *_differences(contract, failing.arrangement),
        _line("searched", _searched(search.searching, failing)),
        _line("shrunk", _shrunk(search.shrinking, failing)),
        _line("contract", "this arrangement alone, to paste into a file whose name ends in .kv.yaml:"),
        "",
        textwrap.indent(write_contract(reproduction(contract, case, failing.arrangement)), "    "),
    ]


def _differences(contract: Contract, arrangement: Arrangement) -> Iterator[str]:
    left_out = [name for name in contract.written_order if name not in arrangement.order]
    if left_out:
        yield _line("left out", ", ".join(left_out))
    for name, number in arrangement.phrasings:
        yield _line("reworded", f"{name}: its paraphrase {number}")
    for piece in arrangement.inserted:
        what = f"{piece.words} words of filler" if piece.words else f"the distractor {piece.rendered[:60]!r}"
        place = f"after {arrangement.order[piece.after - 1]}" if piece.after else "before all instructions"
        yield _line("inserted", f"{what}, {place}")


def _searched(budget: TokenBudget, failing: FailingArrangement) -> str:
    origin = "replayed from the example database; " if failing.replayed else ""
    return f"{origin}{_spent(budget)}"


def _shrunk(budget: TokenBudget, failing: FailingArrangement) -> str:
    if failing.arrangement == Arrangement(failing.arrangement.order[:1]):
        end = "the instruction fails alone, as it is written"
    elif failing.smallest:
        end = "leave out or put back any single part, and it holds"
    elif budget.arrangements:
        end = "the budget ended here; a higher orderings.shrink_tokens may find a smaller one"
    else:
        end = "not shrunk"
    return f"{_spent(budget)}; {end}"


def _spent(budget: TokenBudget) -> str:
    plural = "" if budget.arrangements == 1 else "s"
    return f"{budget.arrangements} arrangement{plural}, {budget.spent} of at most {budget.limit} generated tokens"


def reproduction(contract: Contract, case: CaseId, arrangement: Arrangement) -> Contract:
    """Return a contract that holds only this arrangement, probe and check."""
    arranged = arrange(contract, arrangement)
    probe = next(probe for probe in arranged.probes if probe.id == case.probe)
    return replace(
        arranged,
        name=f"{contract.name}-{case.probe}-{case.instruction}",
        parts=tuple(_only_checked(part, case.instruction, probe) for part in arranged.parts),
        probes=(replace(probe, is_attack=False),),
    )


def _only_checked(part: Instruction | Block, checked: str, probe: Probe) -> Instruction | Block:
    if isinstance(part, Block):
        return part
    if part.id == checked:
        return replace(part.under(probe), probes=None, paraphrases=())
    return Instruction(part.id, part.text, protect=part.protect, line=part.line)


def _line(label: str, text: str) -> str:
    return f"  {label:<{LABEL}} {text}"
