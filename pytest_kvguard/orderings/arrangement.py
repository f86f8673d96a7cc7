"""One way to arrange a contract: which instructions, in which order and wording, with what between them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace

from pytest_kvguard.contract.model import Block, Contract, Instruction
from pytest_kvguard.orderings.filler import filler_text

__all__ = ["Arrangement", "Inserted", "arrange", "inversions"]


@dataclass(frozen=True)
class Inserted:
    """A text between the instructions that nothing checks.

    Attributes:
        after: how many instructions stand before it.
        text: a distractor, or what filler is made of; None = filler of our own.
        words: length of the filler; 0 = the text as it is.
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
    """What stands in the system prompt.

    Attributes:
        order: instruction ids, each at most once.
        phrasings: (instruction id, number of its paraphrase, from 1) of those not worded as written.
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
        """Return one line of text."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Arrangement:
        """Return the arrangement that ``to_json`` described.

        Raises:
            ValueError: the text describes none.
        """
        try:
            values = json.loads(text)
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
    """Return the contract so arranged: its written order is the arrangement's.

    Blocks keep their places between the instructions, as they do in sampled orders. Whatever is kept by a contract's
    name and order must not be kept for another text, so more than another order is told by the name, too.
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
    """Yield every instruction with what is inserted before it; the last one also with what comes after."""
    for place, instruction in enumerate(instructions):
        group: list[Instruction | Block] = [*_blocks(inserted, place, taken), instruction]
        if place == len(instructions) - 1:
            group += _blocks(inserted, place + 1, taken)
        yield group


def _blocks(inserted: Sequence[Inserted], place: int, taken: set[str]) -> list[Block]:
    pieces = [(number, piece) for number, piece in enumerate(inserted, 1) if piece.after == place]
    return [Block(_free_id(f"inserted-{number}", taken), piece.rendered) for number, piece in pieces]


def _free_id(wanted: str, taken: set[str]) -> str:
    return wanted if wanted not in taken else _free_id(f"{wanted}-", taken)


def inversions(order: Sequence[str], written: Sequence[str]) -> int:
    """Return how many pairs stand the other way round than written."""
    places = [list(written).index(name) for name in order]
    return sum(a > b for number, a in enumerate(places) for b in places[number + 1 :])
