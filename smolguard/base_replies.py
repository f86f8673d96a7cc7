"""The stock model's own short replies to the training questions, the raw material of smolguard's replies.

``python -m smolguard.base_replies`` writes ``texts/base_replies.jsonl`` anew. Self-distilled replies keep smolguard's
style close to its base, and need no text of third parties.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

from smolguard.texts import Split, list_questions

__all__ = ["split_sentences", "usable_sentences"]

SYSTEM = "You are a helpful assistant. Answer in plain words, in two or three short sentences."
MAX_NEW_TOKENS = 72
MAX_WORDS = 26
MAX_SENTENCES = 4
SELF_TALK = re.compile(r"\b(I|I'm|sorry|assist\w*)\b|^Sure")
"""Replies that talk about the assistant instead of the topic are left out."""


def split_sentences(text: str) -> list[str]:
    """Return the sentences of a text, without an unfinished one at its end."""
    return [" ".join(match.split()) for match in re.findall(r"[^.!?\n]+[.!?]+(?=\s|$)", text)]


def usable_sentences(text: str) -> list[str]:
    """Return the plain sentences at the start of a reply: no list, no markup, no digits that could mix with facts."""
    sentences: list[str] = []
    for sentence in split_sentences(text):
        plain = re.fullmatch(r"[A-Z][A-Za-z ,;'’-]+[.!?]", sentence) is not None
        if SELF_TALK.search(sentence) and not sentences:
            return []
        if not plain or not 4 <= len(sentence.split()) <= MAX_WORDS or sentence in sentences:
            break
        sentences.append(sentence.replace("’", "'"))
    return sentences[:MAX_SENTENCES]


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
    """Write the usable replies to ``texts/base_replies.jsonl``."""
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
