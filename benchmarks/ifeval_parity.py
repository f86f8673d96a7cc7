"""A comparison of the checks of IFEval's instructions with the public reference, reply by reply."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from tqdm import tqdm

from benchmarks.ifeval_reference import Reference
from benchmarks.ifeval_replies import replies_to
from benchmarks.json_report import check_writable, write_json
from pytest_kvguard.contract.ifeval_file import read_ifeval
from pytest_kvguard.errors import ContractError, KVGuardError, UsageError
from pytest_kvguard.verifiers.ifeval_reply import MODES
from pytest_kvguard.verifiers.table import verify

__all__ = ["MIN_AGREEMENT", "Disagreement", "Parity", "explain", "main", "measure_parity", "read_rows"]

DATA_FILE = "sys_ifeval.jsonl"
MIN_AGREEMENT = 0.995


@dataclass(frozen=True)
class Disagreement:
    """A reply that this project and the reference judge differently.

    Attributes:
        name, kwargs: the instruction.
        mode: ``strict`` or ``loose``.
        reply: the judged text.
        holds: the judgement of this project; the reference says the opposite.
    """

    name: str
    kwargs: Mapping[str, Any]
    mode: str
    reply: str
    holds: bool


@dataclass(frozen=True)
class Parity:
    """The counts of a comparison.

    Attributes:
        pairs: judged (reply, instruction) pairs, by mode.
        held: those of them that hold, by mode.
        disagreements: the pairs judged differently.
    """

    pairs: Mapping[str, int]
    held: Mapping[str, int]
    disagreements: tuple[Disagreement, ...]

    def agreement(self, mode: str) -> float:
        """Return the share of a mode's pairs on which both agree, 0..1."""
        return 1 - sum(disagreement.mode == mode for disagreement in self.disagreements) / self.pairs[mode]

    @property
    def reasons(self) -> Mapping[str, int]:
        """The number of disagreements by explanation; an empty one stands for none."""
        return Counter(explain(disagreement) for disagreement in self.disagreements)

    @property
    def passes(self) -> bool:
        """Whether agreement is high enough in both modes and every disagreement has an explanation."""
        return all(self.agreement(mode) >= MIN_AGREEMENT for mode in self.pairs) and "" not in self.reasons


def explain(disagreement: Disagreement) -> str:
    """Return why the two differ on purpose, or an empty text."""
    name, kwargs = disagreement.name, disagreement.kwargs
    if name == "keywords:letter_frequency" and not re.fullmatch("[a-z]", kwargs["letter"].strip().lower()):
        return "the reference replaces a character that is not a to z by a random letter; here it is counted"
    texts = [kwargs.get(key, "") for key in ("keyword", "section_spliter")]
    texts += [*kwargs.get("keywords", ()), *kwargs.get("forbidden_words", ())]
    if any(re.search(r"[\\^$.|?*+()\[\]{}]", text) for text in texts):
        return "the reference reads words as regular expressions; here they are literal"
    return ""


def read_rows(data: Path) -> list[dict[str, Any]]:
    """Return the rows of a file, or of ``sys_ifeval.jsonl`` in a folder, all of them valid.

    Raises:
        UsageError: there is no such file.
        ContractError: a row is invalid.
    """
    path = data / DATA_FILE if data.is_dir() else data
    if not path.is_file():
        raise UsageError(f"--data={data}: there is no file {path}. Give {DATA_FILE}, or its folder.")
    for row in read_ifeval(path):
        if isinstance(row, ContractError):
            raise row
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def measure_parity(reference: Reference, rows: Iterable[Mapping[str, Any]]) -> Parity:
    """Judge every reply to every row with the checks and with the reference, and return the counts."""
    pairs, held = Counter[str](), Counter[str]()
    disagreements: list[Disagreement] = []
    for row in rows:
        for reply, mode in product(replies_to(row), MODES):
            reference_judgements = reference.judge(row["instruction_id_list"], row["kwargs"], reply, mode)
            for (name, kwargs, holds), other in zip(_judge(row, reply, mode), reference_judgements, strict=True):
                pairs[mode] += 1
                held[mode] += holds
                if holds != other:
                    disagreements.append(Disagreement(name, kwargs, mode, reply, holds))
    return Parity(pairs, held, tuple(disagreements))


def _judge(row: Mapping[str, Any], reply: str, mode: str) -> Iterator[tuple[str, Mapping[str, Any], bool]]:
    for name, kwargs in zip(row["instruction_id_list"], row["kwargs"], strict=True):
        yield name, kwargs, verify("ifeval", {"id": name, "mode": mode, **kwargs}, reply).holds


def format_table(parity: Parity) -> str:
    """Return the report as text."""
    lines = ["mode     pairs    hold     agree"]
    lines += [
        f"{mode:<7}{parity.pairs[mode]:>7}{parity.held[mode] / parity.pairs[mode]:>8.1%}{parity.agreement(mode):>10.3%}"
        for mode in parity.pairs
    ]
    lines += [f"{count} disagreements: {reason or 'NOT EXPLAINED'}" for reason, count in parity.reasons.items()]
    lines += [f"  {each}" for each in parity.disagreements if not explain(each)]
    return "\n".join(lines)


def to_json(parity: Parity) -> dict[str, object]:
    """Return the report as plain values."""
    return {
        "pairs": dict(parity.pairs),
        "agreement": {mode: round(parity.agreement(mode), 6) for mode in parity.pairs},
        "disagreements": dict(parity.reasons),
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ifeval_parity", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="sys_ifeval.jsonl, or the folder that holds it")
    parser.add_argument("--rows", type=int, help="number of rows, from the first (all)")
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code, 1 when agreement is too low or a disagreement has no explanation."""
    options = _parser().parse_args(arguments)
    try:
        check_writable(options.json)
        rows = read_rows(options.data)[: options.rows]
        parity = measure_parity(Reference(), tqdm(rows, unit="row", leave=False, disable=None))
    except KVGuardError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(format_table(parity))
    write_json(options.json, to_json(parity))
    return 0 if parity.passes else 1


if __name__ == "__main__":
    sys.exit(main())
