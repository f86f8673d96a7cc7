"""explain: the prompt of a contract, token by token, or what its checks are worth without each instruction."""

from __future__ import annotations

import argparse
import shutil
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_kvguard.commands.ablation import add_ablation_arguments, print_problems, run_ablation, settings_of
from pytest_kvguard.contract.model import Contract, Probe
from pytest_kvguard.contract.parse import parse_contract
from pytest_kvguard.errors import UsageError, suggest
from pytest_kvguard.leaks.masking import Masker
from pytest_kvguard.reports.ablation import ablation_table, ablation_total
from pytest_kvguard.reports.masked import register_secrets
from pytest_kvguard.reports.printable import printable
from pytest_kvguard.runs.mask_key import mask_key
from pytest_kvguard.runs.options import option_named

if TYPE_CHECKING:
    from pytest_kvguard.contract.render import Prompt

__all__ = ["HELP", "add_arguments", "explain_prompt", "run"]

HELP = "show the prompt of a contract: its tokens, and which instruction each belongs to"
FRAME = "(frame)"
WIDTH = 100
BORDER = "|"
LINE_BREAK = "⏎"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("file", type=Path, help="the contract")
    default = str(option_named("kv_model").default)
    parser.add_argument("--model", default=default, help="the model: hub id, directory or .gguf file")
    parser.add_argument("--probe", help="the probe whose first user turn is rendered (default: the first)")
    parser.add_argument("--order", help="instruction ids between commas (default: as written)")
    parser.add_argument("--trust-remote-code", action="store_true", help="run code from the model's hub repository")
    parser.add_argument("--show-secrets", action="store_true", help="do not mask canaries and protected texts")
    parser.add_argument(
        "--ablate",
        action="store_true",
        help="instead, run the uncompressed model without each instruction, and say which checks hold all the same",
    )
    add_ablation_arguments(parser, "--ablate")


def run(options: argparse.Namespace) -> int:
    """Print the prompt, which loads the tokenizer and no weights; with ``--ablate`` what the checks are worth.

    Raises:
        KVGuardError: the contract, a name or the model is wrong, or the prompt cannot be rendered.
    """
    contract = parse_contract(options.file)
    if options.ablate:
        return _ablate(contract, options)
    probe, order = _probe(contract, options.probe), _order(contract, options.order)
    from pytest_kvguard.contract.render import render_prompt
    from pytest_kvguard.models.load_model import ModelOptions, load_tokenizer

    model = ModelOptions(options.model, trust_remote_code=options.trust_remote_code)
    tokenizer = load_tokenizer(model)
    masker = Masker(mask_key, options.show_secrets)
    register_secrets(masker, contract)
    prompt = render_prompt(tokenizer, contract, order, probe.turns[:1])
    print(f"{contract.name} ({options.file}), tokens of {model.name}, probe {probe.id}")
    print(explain_prompt(contract, prompt, masker))
    return 0


def _ablate(contract: Contract, options: argparse.Namespace) -> int:
    """Print the checks with whether they need their instruction; return 1 if one does not."""
    probes = contract.probes if options.probe is None else (_probe(contract, options.probe),)
    if options.order is not None:
        raise UsageError("--ablate runs the written order. Leave out --order.")
    title, checks = run_ablation(settings_of(options), [replace(contract, probes=probes)])
    masker = Masker(mask_key, options.show_secrets)
    register_secrets(masker, contract)
    print(f"{contract.name} ({options.file}), {title}, uncompressed, with and without each instruction")
    print(ablation_table(checks, shutil.get_terminal_size().columns))
    useless = print_problems(checks, [contract], masker)
    print(ablation_total(checks))
    return 1 if useless else 0


def _probe(contract: Contract, name: str | None) -> Probe:
    known = {probe.id: probe for probe in contract.probes}
    if name is not None and name not in known:
        raise UsageError(f"--probe={name}: unknown probe. Allowed: {', '.join(known)}.{suggest(name, known)}")
    return contract.probes[0] if name is None else known[name]


def _order(contract: Contract, ids: str | None) -> tuple[str, ...]:
    order = contract.written_order if ids is None else tuple(name.strip() for name in ids.split(","))
    if sorted(order) != sorted(contract.written_order):
        written = ",".join(contract.written_order)
        raise UsageError(f"--order={ids} does not name each instruction once. As written they are: {written}.")
    return order


def explain_prompt(contract: Contract, prompt: Prompt, masker: Masker) -> str:
    """Return the token counts of a prompt, then its tokens, separated by borders.

    Args:
        contract: the contract.
        prompt: its rendered prompt.
        masker: masks the contract's secrets.
    """
    return "\n".join([*_counts(contract, prompt), "", *_passages(prompt, masker), *_notes(prompt)])


def _counts(contract: Contract, prompt: Prompt) -> Iterator[str]:
    size = max(map(len, (FRAME, "instruction", *contract.written_order)))
    total, context = len(prompt.token_ids), prompt.context_tokens
    yield f"{total} tokens: {context} in the context, {total - context} after it (last user turn, start of the reply)"
    yield ""
    yield f"  {'instruction':<{size}}  {'line':>4}  {'tokens':>6}  {'share':>5}  where"
    counted = 0
    for name, intervals in prompt.spans.items():
        tokens = sum(stop - start for start, stop in intervals)
        counted += tokens
        where = ", ".join(f"{start}-{stop - 1}" for start, stop in intervals) or "no token of its own"
        line = contract.instruction(name).line
        yield f"  {name:<{size}}  {line:>4}  {tokens:>6}  {tokens / context:>5.0%}  {where}"
    frame = context - counted
    yield f"  {FRAME:<{size}}  {'':>4}  {frame:>6}  {frame / context:>5.0%}  the rest of the context"


def _passages(prompt: Prompt, masker: Masker) -> Iterator[str]:
    pieces = masker.mask_pieces(prompt.pieces)
    owners = [owner or FRAME for owner in prompt.owners[: prompt.context_tokens]]
    owners += ["(after the context)"] * (len(pieces) - len(owners))
    for owner, members in groupby(enumerate(zip(owners, pieces, strict=True)), key=lambda member: member[1][0]):
        listed = list(members)
        first, last = listed[0][0], listed[-1][0]
        yield f"{owner}  {first}-{last}"
        yield from _wrapped([piece for _, (_, piece) in listed])


def _wrapped(pieces: Sequence[str]) -> Iterator[str]:
    text = BORDER.join(printable(piece).replace("\n", LINE_BREAK) for piece in pieces)
    return (f"    {line}" for line in textwrap.wrap(text, WIDTH, drop_whitespace=False, break_on_hyphens=False))


def _notes(prompt: Prompt) -> Iterator[str]:
    return (f"note: {note}" for note in prompt.notes)
