"""The tools that a contract names, made known to its checks of tool calls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any

from pytest_kvguard.contract.model import Contract, Instruction
from pytest_kvguard.text.pattern import Pattern
from pytest_kvguard.verifiers.tool_call import named_tools, with_tools

__all__ = ["with_contract_tools"]

_DECLARED = Pattern(r"[\"'](?:name|tool|tool_name|function)[\"']\s*+:\s*+[\"']([^\W\d][\w.:/-]*+)[\"']")
"""A tool in a declaration or an example of a call, in JSON."""


def with_contract_tools(contract: Contract, instruction: Instruction) -> Instruction:
    """Return an instruction whose checks know every tool of its contract.

    An object such as ``{"name": "weather", "parameters": {…}}`` is a call only of a tool that the contract knows: one
    that a ``tool_call`` of any instruction names, or that the prompt declares in JSON.
    """
    if not any(name in ("tool_call", "no_tool_call") for name, _ in instruction.all_checks):
        return instruction
    tools = _tools_of(contract.system_text(contract.written_order)) + tuple(_named(contract))

    def informed(checks: Iterable[tuple[str, Any]]) -> tuple[tuple[str, Any], ...]:
        return tuple((name, with_tools(name, value, tools)) for name, value in checks)

    per_probe = {probe: informed(checks) for probe, checks in instruction.probe_checks.items()}
    return replace(instruction, checks=informed(instruction.checks), probe_checks=per_probe)


@lru_cache(maxsize=64)
def _tools_of(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_DECLARED.findall(text)))


def _named(contract: Contract) -> Iterator[str]:
    for instruction in contract.instructions:
        for name, value in instruction.all_checks:
            yield from named_tools(name, value)
