"""``Contract`` → YAML text that ``parse_contract`` reads back."""

from __future__ import annotations

import re
from typing import Any

import yaml

from pytest_kvguard.contract.model import Block, Contract, Generate, Instruction
from pytest_kvguard.contract.yaml_document import ODD_LINE_BREAK

__all__ = ["QuotingDumper", "write_contract"]

# Words that every YAML reader takes for text; everything else is quoted or a block.
_PLAIN = re.compile(r"(?!(?:true|false|null|yes|no|on|off|y|n)\Z)[A-Za-z][A-Za-z0-9_-]*\Z", re.IGNORECASE)

_DRAWN = ("temperature", "top_p", "seeds")


class QuotingDumper(yaml.SafeDumper):
    """A dumper that quotes every text that a reader could take for a number, a date or a truth value."""

    ESCAPE_REPLACEMENTS = {'"': '"', "\\": "\\", "\n": "n", "\t": "t", "\r": "r"}  # type: ignore[misc]
    """The escapes of a contract; other characters are written by their codes."""

    def ignore_aliases(self, data: Any) -> bool:
        """Return True: what occurs twice is written twice."""
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Indent the items of lists."""
        super().increase_indent(flow, False)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    # An odd line break can be read in quotes alone, as an escape.
    as_block = "\n" in text and text.strip() and not ODD_LINE_BREAK.search(text)
    style = None if _PLAIN.match(text) else "|" if as_block else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


QuotingDumper.add_representer(str, _text)


def write_contract(contract: Contract) -> str:
    """Return the contract as a file's text, with its parts, probes and generation but no orderings and no gate."""
    context: dict[str, Any] = {"preamble": _ended(contract.preamble)} if contract.preamble else {}
    if contract.join != Contract.join:
        context["join"] = contract.join
    context["instructions"] = [_part(part) for part in contract.parts]
    document = {
        "kvguard": 1,
        "name": contract.name,
        "context": context,
        "probes": {probe.id: probe.turns[0] if len(probe.turns) == 1 else [*probe.turns] for probe in contract.probes},
        "generate": _generate(contract.generate),
    }
    text: str = yaml.dump(document, Dumper=QuotingDumper, sort_keys=False, allow_unicode=True, width=2**20)
    return text


def _generate(generate: Generate) -> dict[str, Any]:
    drawn = {} if generate.temperature is None else {name: getattr(generate, name) for name in _DRAWN}
    return {"max_new_tokens": generate.max_new_tokens, **drawn}


def _ended(text: str) -> str:
    """Return a text that is read back as it is: reading takes one line break from its end."""
    return f"{text}\n" if text.endswith("\n") else text


def _part(part: Instruction | Block) -> dict[str, Any]:
    if isinstance(part, Block):
        return {"block": part.id, "text": _ended(part.text)}
    written: dict[str, Any] = {"id": part.id, "text": _ended(part.text)}
    if part.checks:
        written["check"] = dict(part.checks)
    if part.probe_checks:
        written["checks"] = {probe: dict(checks) for probe, checks in part.probe_checks.items()}
    if part.no_leak is not None:
        written["no_leak"] = dict(part.no_leak)
    if part.probes is not None:
        written["probes"] = [*part.probes]
    if part.protect:
        written["protect"] = True
    if part.paraphrases:
        written["paraphrases"] = [*map(_ended, part.paraphrases)]
    return written
