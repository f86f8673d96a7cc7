"""Arrangements of a contract: the chosen instructions, their order and wording, and the text inserted between them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import cycle, islice

from pytest_kvguard.contract.model import Block, Contract, Instruction
from pytest_kvguard.external.json_text import read_json

__all__ = ["FILLER", "Arrangement", "Inserted", "arrange", "filler_text", "inversions"]

FILLER = (
    "The river is wide here and runs slowly past the old mill. Swallows nest under its roof in spring. "
    "On clear days the hills can be seen from the bridge. The path along the bank was paved many years ago. "
    "Reeds grow where the water is shallow, and herons stand among them. In autumn the leaves of the poplars turn "
    "yellow. A ferry used to cross below the weir. Its landing stage has become a place for anglers."
)
"""The default text of filler."""


@dataclass(frozen=True)
class Inserted:
    """A text between the instructions, to which no check refers.

    Attributes:
        after: the number of instructions before it.
        text: a distractor, or the text that filler repeats; None stands for ``FILLER``.
        words: the length of the filler; 0 inserts the text once.
    """

    after: int
    text: str | None
    words: int = 0

    @property
    def rendered(self) -> str:
        """The text as the model reads it."""
        return filler_text(self.words, self.text) if self.words else self.text or ""


@dataclass(frozen=True)
class Arrangement:
    """The instructions and inserted texts of a system prompt, in order.

    Attributes:
        order: instruction ids, each at most once.
        phrasings: (instruction id, number of its paraphrase, from 1) of each instruction that is paraphrased.
        inserted: distractors and filler.
    """

    order: tuple[str, ...]
    phrasings: tuple[tuple[str, int], ...] = ()
    inserted: tuple[Inserted, ...] = ()

    def without(self, instruction_id: str) -> Arrangement:
        """Return the arrangement with one instruction left out."""
        place = self.order.index(instruction_id)
        return Arrangement(
            tuple(name for name in self.order if name != instruction_id),
            tuple(phrasing for phrasing in self.phrasings if phrasing[0] != instruction_id),
            tuple(replace(piece, after=piece.after - (piece.after > place)) for piece in self.inserted),
        )

    def to_json(self) -> str:
        """Return the arrangement as one line of JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Arrangement:
        """Return the arrangement that ``to_json`` wrote.

        Raises:
            ValueError: the text describes no arrangement.
        """
        try:
            values = read_json(text)
            return cls(
                tuple(values["order"]),
                tuple((name, int(number)) for name, number in values["phrasings"]),
                tuple(Inserted(**piece) for piece in values["inserted"]),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"no arrangement: {text[:80]!r}") from error

    def fits(self, contract: Contract) -> bool:
        """Return whether the contract has all the instructions and paraphrases."""
        if not set(self.order) <= set(contract.written_order):
            return False
        return all(number <= len(contract.instruction(name).paraphrases) for name, number in self.phrasings)


def arrange(contract: Contract, arrangement: Arrangement) -> Contract:
    """Return a contract whose written order, wording and inserted texts are those of an arrangement.

    Blocks keep their places between the instructions, as they do in sampled orders. Results are kept by the name of a
    contract and its order, so the name changes too where an arrangement changes more than the order.
    """
    phrasings = dict(arrangement.phrasings)
    instructions = (_worded(contract.instruction(name), phrasings.get(name, 0)) for name in arrangement.order)
    following = _with_inserted(tuple(instructions), arrangement.inserted, {part.id for part in contract.parts})
    parts: list[Instruction | Block] = []
    for part in contract.parts:
        parts.extend([part] if isinstance(part, Block) else next(following, ()))
    is_order_alone = set(arrangement.order) == set(contract.written_order) and not (phrasings or arrangement.inserted)
    name = contract.name if is_order_alone else f"{contract.name}~{_digest(arrangement)}"
    return replace(contract, name=name, parts=tuple(parts), orderings=None)


def _digest(arrangement: Arrangement) -> str:
    return hashlib.sha256(arrangement.to_json().encode()).hexdigest()[:12]


def _worded(instruction: Instruction, number: int) -> Instruction:
    return replace(instruction, text=instruction.paraphrases[number - 1]) if number else instruction


def _with_inserted(
    instructions: Sequence[Instruction], inserted: Sequence[Inserted], taken: set[str]
) -> Iterator[list[Instruction | Block]]:
    """Yield every instruction with the blocks inserted before it; the last one also with those after it."""
    for place, instruction in enumerate(instructions):
        parts: list[Instruction | Block] = [*_blocks(inserted, place, taken), instruction]
        if place == len(instructions) - 1:
            parts += _blocks(inserted, place + 1, taken)
        yield parts


def _blocks(inserted: Sequence[Inserted], place: int, taken: set[str]) -> list[Block]:
    pieces = [(number, piece) for number, piece in enumerate(inserted, 1) if piece.after == place]
    return [Block(_free_id(f"inserted-{number}", taken), piece.rendered) for number, piece in pieces]


def _free_id(name: str, taken: set[str]) -> str:
    return name if name not in taken else _free_id(f"{name}-", taken)


def filler_text(words: int, text: str | None = None) -> str:
    """Return a text of exactly this many words: ``text``, or else ``FILLER``, repeated or cut to length."""
    return " ".join(islice(cycle((text or FILLER).split()), words))


def inversions(order: Sequence[str], written: Sequence[str]) -> int:
    """Return the number of pairs whose order is the reverse of the written one."""
    places = [list(written).index(name) for name in order]
    return sum(a > b for number, a in enumerate(places) for b in places[number + 1 :])
