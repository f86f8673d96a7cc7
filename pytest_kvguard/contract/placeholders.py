"""Placeholders of a template that were not filled in: the model would read them as they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pytest_kvguard.contract.model import Block, Contract

__all__ = ["placeholder_warning"]

_PLACEHOLDER = re.compile(
    r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}|\$\{[^{}\n]*\}|<%.*?%>|\{[A-Za-z_][\w.]*\}|%\([A-Za-z_]\w*\)[sdf]", re.DOTALL
)
_SHOWN = 40


def placeholder_warning(contract: Contract) -> tuple[str, int] | None:
    """Return a warning about the first placeholder of a contract, and its line; None if there is none."""
    found = [(each, line) for text, line in _texts(contract) for each in _PLACEHOLDER.findall(text)]
    if not found:
        return None
    first, line = found[0]
    shown = first if len(first) <= _SHOWN else f"{first[:_SHOWN]} …"
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    told = "a placeholder of a template, which the model reads as it stands. Fill it in as production does."
    return f"{shown!r}{more}: {told}", line


def _texts(contract: Contract) -> Iterator[tuple[str, int]]:
    """Yield every text that the model may read, with its line; 0 where that is not known."""
    yield contract.preamble, 0
    for part in contract.parts:
        yield part.text, part.line
        for paraphrase in () if isinstance(part, Block) else part.paraphrases:
            yield paraphrase, part.line
    for probe in contract.probes:
        for turn in () if probe.is_attack else probe.turns:
            yield turn, probe.line
    if contract.orderings is not None:
        for distractor in contract.orderings.distractors:
            yield distractor, 0
        yield (contract.orderings.filler and contract.orderings.filler.text) or "", 0
