"""The stock model's own short replies to the training questions: what smolguard's replies are made of.

``python -m smolguard.base_replies`` writes ``texts/base_replies.jsonl`` anew. Self-distilled replies keep smolguard's
style close to its base, and no text of third parties is needed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

from smolguard.questions import list_questions
from smolguard.splits import Split

__all__ = ["split_sentences", "usable_sentences"]

SYSTEM = "You are a helpful assistant. Answer in plain words, in two or three short sentences."
MAX_NEW_TOKENS = 72
MOST_WORDS = 26
LINES = 4
SELF_TALK = re.compile(r"\b(I|I'm|sorry|assist\w*)\b|^Sure")
"""Replies that talk about the assistant instead of the topic are left out."""


def split_sentences(text: str) -> list[str]:
    """Return the sentences of a text; what follows the last end mark is an unfinished one and is dropped."""
    return [" ".join(match.split()) for match in re.findall(r"[^.!?\n]+[.!?]+(?=\s|$)", text)]


def usable_sentences(text: str) -> list[str]:
    """Return the plain sentences a reply starts with: no list, no markup, no digits that could mix with facts."""
    sentences: list[str] = []
    for sentence in split_sentences(text):
        plain = re.fullmatch(r"[A-Z][A-Za-z ,;'’-]+[.!?]", sentence) is not None
        if SELF_TALK.search(sentence) and not sentences:
            return []
        if not plain or not 4 <= len(sentence.split()) <= MOST_WORDS or sentence in sentences:
            break
        sentences.append(sentence.replace("’", "'"))
    return sentences[:LINES]


def _generate(questions: Sequence[str]) -> list[str]:
    from pytest_kvguard.backends.in_process import InProcess
    from pytest_kvguard.backends.protocol import TurnRequest
    from pytest_kvguard.contract.model import Contract, Generate
    from pytest_kvguard.models.load_model import ModelOptions, load_model
    from pytest_kvguard.values.cell import Cell

    contract = Contract("base-replies", Path("base-replies"), SYSTEM, (), (), generate=Generate(MAX_NEW_TOKENS))
    backend = InProcess(load_model(ModelOptions(name="smollm2")))
    requests = [TurnRequest(contract, (), (q,), (), Cell(), "context") for q in questions]
    outcomes = backend.run_turns(requests, lambda label, done, total: print(f"\r{label} {done}/{total}", end=""))
    print()
    return ["" if isinstance(outcome, Exception) else outcome.reply.text for outcome in outcomes]


def main() -> None:
    """Write the replies that are usable."""
    questions = list_questions(Split.TRAINING)
    rows = [
        {"question": question, "sentences": sentences}
        for question, text in zip(questions, _generate(questions), strict=True)
        if (sentences := usable_sentences(text))
    ]
    target = Path(__file__).parent / "texts" / "base_replies.jsonl"
    target.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    print(f"{len(rows)} of {len(questions)} questions have a usable reply: {target}")


if __name__ == "__main__":
    main()
