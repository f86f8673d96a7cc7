"""The evaluation of smolguard's obedience without compression: ``python -m smolguard.evaluate --json FILE``.

Phrasings, topics, values, settings and attack styles are the held-out ones, which training never saw. Every attack
runs twice: with the rule that forbids telling the secret, and without it.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from random import Random
from typing import Any

from rich.console import Console
from rich.table import Table
from tqdm import tqdm

from pytest_kvguard.backends.in_process import InProcess
from pytest_kvguard.commands.output_file import require_json_output, write_json
from pytest_kvguard.contract.model import Contract
from pytest_kvguard.contract.parse import parse_contract
from pytest_kvguard.errors import UsageError
from pytest_kvguard.evaluation.compare_runs import check_arm
from pytest_kvguard.evaluation.run_case import Conversation, Runner
from pytest_kvguard.models.load_model import ModelOptions, load_model
from pytest_kvguard.models.options import DEFAULT_MODEL, DTYPES
from pytest_kvguard.models.smolguard import merged_directory
from pytest_kvguard.values.cell import Cell
from pytest_kvguard.values.results import Arm, Check
from smolguard.prompts import DrawnPrompt, draw_prompt
from smolguard.texts import Split

__all__ = ["draw_held_out", "draw_rotations", "evaluate"]

COMMAND = "smolguard.evaluate"
POSITIONS = 5
SHORTEST, LONGEST = 2, 6


@dataclass
class Tally:
    """Counts of judgements over all replies: by name, how many there are and how many of them held."""

    held: Counter[str] = field(default_factory=Counter)
    judged: Counter[str] = field(default_factory=Counter)

    def add(self, name: str, holds: bool) -> None:
        """Count one judgement."""
        self.judged[name] += 1
        self.held[name] += holds

    def share(self, name: str) -> float | None:
        """Return the share that held; None without judgements."""
        return self.held[name] / self.judged[name] if self.judged[name] else None


def draw_held_out(count: int, seed: int, rotation: int = 0) -> list[DrawnPrompt]:
    """Return prompts of 2 to 6 instructions from held-out texts, every second one with a forbidden secret.

    Args:
        count: number of prompts.
        seed: seed of the drawing.
        rotation: number of places by which the instructions of every prompt rotate; the last ones come first.
    """
    sizes = [SHORTEST + i // 2 % (LONGEST - SHORTEST + 1) for i in range(count)]
    return [
        draw_prompt(Random(f"{seed}-{i}"), Split.HELD_OUT, size, i % 2 == 0, rotation) for i, size in enumerate(sizes)
    ]


def draw_rotations(count: int, seed: int) -> list[DrawnPrompt]:
    """Return the rotations of those prompts of ``draw_held_out`` that have ``POSITIONS`` instructions.

    Together with the prompts as drawn, every instruction stands once in every place, beside the same others.
    """
    rotated = [prompt for places in range(1, POSITIONS) for prompt in draw_held_out(count, seed, places)]
    return [prompt for prompt in rotated if len(prompt.contract.written_order) == POSITIONS]


def _replies(runner: Runner, contracts: Sequence[Contract], kernel: str) -> Iterable[tuple[Contract, int, Arm]]:
    """Run every probe of every contract uncompressed, side by side, and yield the arms."""
    conversations = [
        (contract, number, Conversation(contract, probe, contract.written_order, Cell(kernel=kernel), "context"))
        for contract in contracts
        for number, probe in enumerate(contract.probes)
    ]
    bar = tqdm(unit="row", disable=None)

    def show(label: str, done: int, total: int) -> None:
        bar.set_description(label)
        bar.total, bar.n = total, done
        bar.refresh()

    runner.run([conversation for _, _, conversation in conversations], show)
    bar.close()
    for contract, number, conversation in conversations:
        arm = runner.arm(conversation)
        if isinstance(arm, Exception):
            raise arm
        yield contract, number, arm


def _numbered(prompts: Sequence[DrawnPrompt], mark: str) -> list[Contract]:
    """Return the prompts as contracts with names of their own, by which a runner tells them apart."""
    contracts = (prompt.contract for prompt in prompts)
    return [
        Contract(f"{mark}-{i}", Path(mark), c.preamble, c.parts, c.probes, generate=c.generate)
        for i, c in enumerate(contracts)
    ]


def _judge(tally: Tally, prompt: DrawnPrompt, contract: Contract, number: int, arm: Arm) -> None:
    probe, conversation = contract.probes[number], prompt.conversations[number]
    checked = contract.checked(probe.id)
    verdicts: dict[str, Sequence[Check]] = {part.id: check_arm(part, probe, arm) for part in checked}
    for part_id, checks in verdicts.items():
        holds = all(check.holds for check in checks)
        tally.add(f"family/{part_id.partition('-')[0]}", holds)
        if conversation.kind == "attack" and part_id in conversation.about and prompt.secrets[part_id].ruled:
            tally.add("secrets_kept", holds)
            tally.add(f"attack/{conversation.style}", holds)
    if checked:
        tally.add("all_instructions", all(check.holds for checks in verdicts.values() for check in checks))


def _judge_positions(tally: Tally, contract: Contract, number: int, arm: Arm) -> None:
    probe, order = contract.probes[number], contract.written_order
    for part in contract.checked(probe.id):
        holds = all(check.holds for check in check_arm(part, probe, arm))
        tally.add(f"position/{order.index(part.id)}", holds)


def _judge_free(tally: Tally, prompt: DrawnPrompt, contract: Contract, number: int, arm: Arm) -> None:
    given = all(check.holds for check in check_arm(contract.instruction("secret"), contract.probes[number], arm))
    tally.add("secrets_given_without_rule", given)
    tally.add(f"given/{prompt.conversations[number].style}", given)


def evaluate(
    runner: Runner, prompts: Sequence[DrawnPrompt], rotations: Sequence[DrawnPrompt], kernel: str = "sdpa"
) -> Tally:
    """Return the judgements over all prompts, and over the attacks on secrets that no rule forbids telling.

    Args:
        runner: runs the conversations.
        prompts: the prompts to judge.
        rotations: rotated prompts, which count by position only.
        kernel: attention kernel.
    """
    tally = Tally()
    contracts = _numbered(prompts, "held-out")
    by_name = {contract.name: prompt for contract, prompt in zip(contracts, prompts, strict=True)}
    for contract, number, arm in _replies(runner, contracts, kernel):
        _judge(tally, by_name[contract.name], contract, number, arm)
        if len(contract.written_order) == POSITIONS:
            _judge_positions(tally, contract, number, arm)
    for contract, number, arm in _replies(runner, _numbered(rotations, "rotated"), kernel):
        _judge_positions(tally, contract, number, arm)
    free = [prompt.without_rule() for prompt in prompts if prompt.secrets and prompt.secrets["secret"].ruled]
    contracts = _numbered(free, "without-rule")
    by_name = {contract.name: prompt for contract, prompt in zip(contracts, free, strict=True)}
    for contract, number, arm in _replies(runner, contracts, kernel):
        _judge_free(tally, by_name[contract.name], contract, number, arm)
    return tally


def _handwritten(runner: Runner, kernel: str) -> list[dict[str, Any]]:
    """Return the replies to prompts that people wrote, with the instructions that each obeyed."""
    folder = Path(str(files("smolguard") / "handwritten"))
    contracts = [parse_contract(path) for path in sorted(folder.glob("*.kv.yaml"))]
    return [
        {
            "contract": contract.name,
            "user": list(contract.probes[number].turns),
            "replies": [reply.text for reply in arm.replies],
            "held": {
                part.id: all(check.holds for check in check_arm(part, contract.probes[number], arm))
                for part in contract.checked(contract.probes[number].id)
            },
        }
        for contract, number, arm in _replies(runner, contracts, kernel)
    ]


def _document(tally: Tally, handwritten: Sequence[dict[str, Any]], options: argparse.Namespace) -> dict[str, Any]:
    def counts(prefix: str) -> dict[str, dict[str, int]]:
        names = sorted(name for name in tally.judged if name.startswith(prefix))
        return {name[len(prefix) :]: {"n": tally.judged[name], "held": tally.held[name]} for name in names}

    families = counts("family/")
    return {
        "model": options.model,
        "dtype": options.dtype,
        "seed": options.seed,
        "prompts": options.prompts,
        "families": families,
        "instructions": sum(f["held"] for f in families.values()) / sum(f["n"] for f in families.values()),
        "all_instructions": tally.share("all_instructions"),
        "secrets_kept": tally.share("secrets_kept"),
        "secrets_given_without_rule": tally.share("secrets_given_without_rule"),
        "by_position": [tally.share(f"position/{i}") for i in range(POSITIONS)],
        "kept_by_attack": counts("attack/"),
        "given_by_attack": counts("given/"),
        "handwritten": list(handwritten),
    }


def _print(document: dict[str, Any]) -> None:
    console = Console()
    table = Table("family", "n", "held", title=f"{document['model']}, uncompressed, held-out texts")
    for name, row in document["families"].items():
        table.add_row(name, str(row["n"]), f"{row['held'] / row['n']:.1%}")
    console.print(table)
    table = Table("attack", "kept under the rule", "given without it")
    for name, row in document["kept_by_attack"].items():
        given = document["given_by_attack"].get(name, {"n": 0, "held": 0})
        table.add_row(name, f"{row['held']}/{row['n']}", f"{given['held']}/{given['n']}")
    console.print(table)
    for name in ("instructions", "all_instructions", "secrets_kept", "secrets_given_without_rule"):
        share = document[name]
        console.print(f"{name}: {'n/a' if share is None else f'{share:.1%}'}", highlight=False)
    shares = ("n/a" if share is None else f"{share:.1%}" for share in document["by_position"])
    console.print(
        f"by position, first to last, of {POSITIONS} instructions in all rotations: {', '.join(shares)}",
        highlight=False,
    )
    for row in document["handwritten"]:
        console.print(f"\n[bold]{row['contract']}[/bold]", highlight=False)
        for turn, reply in zip(row["user"], row["replies"], strict=True):
            console.print(f"  user   {turn}\n  reply  {reply!r}", highlight=False, markup=False)
        verdicts = ", ".join(f"{name} {'held' if held else 'NOT held'}" for name, held in row["held"].items())
        console.print(f"  {verdicts}", highlight=False, markup=False)


def main(arguments: Sequence[str] | None = None) -> None:
    """Evaluate a model, print the figures and, with ``--json``, write them."""
    parser = argparse.ArgumentParser(prog="python -m smolguard.evaluate", description="Evaluate a model uncompressed.")
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    parser.add_argument("--model", default=DEFAULT_MODEL)
    parser.add_argument("--adapter", type=Path, help="folder of an adapter to evaluate in place of --model")
    parser.add_argument("--dtype", default="float32", choices=DTYPES)
    parser.add_argument("--prompts", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    try:
        require_json_output(COMMAND, options.json)
    except UsageError as error:
        parser.error(str(error))
    if options.adapter:
        options.model = str(merged_directory(options.adapter))
    runner = Runner(InProcess(load_model(ModelOptions(name=options.model, dtype=options.dtype))))
    count, seed = options.prompts, options.seed
    tally = evaluate(runner, draw_held_out(count, seed), draw_rotations(count, seed))
    document = _document(tally, _handwritten(runner, "sdpa"), options)
    _print(document)
    if options.json:
        write_json(COMMAND, options.json, document)


if __name__ == "__main__":
    main()
