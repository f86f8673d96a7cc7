"""A JSONL file in IFEval's format → one contract per line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from pytest_kvguard.contract.model import Contract, Generate, Instruction, Probe
from pytest_kvguard.errors import ContractError, suggest
from pytest_kvguard.external.json_text import read_json
from pytest_kvguard.external.regular_files import open_regular
from pytest_kvguard.verifiers import table as verifiers
from pytest_kvguard.verifiers.ifeval.table import INSTRUCTIONS

__all__ = ["REQUEST", "read_ifeval"]

MAX_LINE_BYTES = 1024 * 1024

REQUEST = "Answer the request above."
"""The user turn of a line that has only a ``prompt``; the prompt becomes the system text, which is compressed."""

_TEXT = {"description": "a text that is not blank", "type": "string", "pattern": "\\S"}
LINE_SCHEMA: dict[str, Any] = {
    "description": "an object with instruction_id_list, kwargs, and messages or prompt",
    "type": "object",
    "required": ["instruction_id_list"],
    "anyOf": [{"required": ["messages"]}, {"required": ["prompt"]}],
    "properties": {
        "key": {"description": "a number or a text", "type": ["integer", "string"]},
        "prompt": _TEXT,
        "instruction_id_list": {
            "description": "a list of ids of instructions",
            "type": "array",
            "minItems": 1,
            "items": {"description": "the id of an instruction", "type": "string"},
        },
        "kwargs": {
            "description": "a list with an object of arguments for every instruction",
            "type": "array",
            "items": {"description": "an object, or null", "type": ["object", "null"]},
        },
        "messages": {
            "description": "a list of a system message and user messages",
            "type": "array",
            "minItems": 2,
            "items": {
                "description": "an object with role and content",
                "type": "object",
                "required": ["role", "content"],
                "properties": {"role": {"description": "system or user", "enum": ["system", "user"]}, "content": _TEXT},
            },
        },
    },
}


def read_ifeval(
    path: Path, limit: int | None = None, mode: str = "strict", max_new_tokens: int = 256
) -> Iterator[Contract | ContractError]:
    """Yield the contract of every line of a file, or the error of a line that is wrong.

    Args:
        path: the file: one JSON object per line; blank lines are skipped.
        limit: the most lines to read, blank ones not counted; None = all.
        mode: how replies are judged, ``strict`` or ``loose``.
        max_new_tokens: the token limit of each reply.
    """
    key_lines: dict[str, int] = {}
    count = 0
    with open_regular(path) as file:
        for line, content in enumerate(iter(lambda: file.readline(MAX_LINE_BYTES + 1), b""), start=1):
            if limit is not None and count >= limit:
                return
            if not content.strip():
                continue
            count += 1
            try:
                contract = _contract(_parse(content, path, line), path, line, mode, max_new_tokens)
                _refuse_duplicate(key_lines, contract, line)
            except ContractError as error:
                yield error
                if len(content) > MAX_LINE_BYTES:
                    return
            else:
                yield contract


def _parse(content: bytes, path: Path, line: int) -> Mapping[str, Any]:
    if len(content) > MAX_LINE_BYTES:
        message = "longer than 1 MiB, the most a line may have. The rest of the file is not read. Shorten the line."
        raise ContractError(message, path, line)
    try:
        fields = read_json(content.decode("utf-8-sig" if line == 1 else "utf-8"))
    except UnicodeDecodeError as error:
        raise ContractError(
            f"byte {error.start} of the line is not UTF-8. Save the file as UTF-8.", path, line
        ) from None
    except ValueError as error:
        remedy = "Write one JSON object per line."
        raise ContractError(f"not JSON: {error}. {remedy}", path, line) from None
    _validate(fields, path, line)
    return fields  # type: ignore[no-any-return]


def _validate(fields: Any, path: Path, line: int) -> None:
    errors = Draft202012Validator(LINE_SCHEMA).iter_errors(fields)
    complaints = sorted(errors, key=lambda error: len(error.absolute_path))
    if not complaints:
        return
    worst: Any = complaints[0]
    place = worst.json_path.removeprefix("$").lstrip(".") or "the line"
    if worst.validator in ("required", "anyOf"):
        missing = "'messages' or 'prompt'" if worst.validator == "anyOf" else worst.message.split(" ")[0]
        near = suggest(missing.strip("'"), worst.instance)
        keys = ", ".join(map(repr, worst.instance)) or "no key"
        raise ContractError(f"{place} has no {missing}. Found: {keys}.{near or ' Add it.'}", path, line)
    allowed = worst.schema.get("description", "another value")
    raise ContractError(f"{place}: found {str(worst.instance)[:60]!r}. Allowed: {allowed}. Change it.", path, line)


def _contract(fields: Mapping[str, Any], path: Path, line: int, mode: str, max_new_tokens: int) -> Contract:
    system, turns = _turns(fields, path, line)
    return Contract(
        name=path.stem,
        path=path,
        preamble="",
        parts=tuple(_instructions(fields, system, path, line, mode)),
        probes=(Probe(_slug(fields.get("key", f"line{line}")), turns, line),),
        generate=Generate(max_new_tokens),
    )


def _slug(key: object) -> str:
    """Return a key as a typeable part of a node id."""
    return re.sub(r"[^\w.-]+", "-", str(key)).strip("-") or "row"


def _turns(fields: Mapping[str, Any], path: Path, line: int) -> tuple[str, tuple[str, ...]]:
    """Return the system prompt and the user's turns."""
    if "messages" not in fields:
        return fields["prompt"].strip(), (REQUEST,)
    first, *others = fields["messages"]
    roles = [message["role"] for message in fields["messages"]]
    if roles != ["system"] + ["user"] * len(others):
        message = f"messages: found the roles {', '.join(roles)}. Allowed: system, then user. Reorder them."
        raise ContractError(message, path, line)
    return first["content"].strip(), tuple(message["content"] for message in others)


def _instructions(fields: Mapping[str, Any], system: str, path: Path, line: int, mode: str) -> Iterator[Instruction]:
    """Yield an instruction per id; they share one text, which the first one owns."""
    names: Sequence[str] = fields["instruction_id_list"]
    arguments = fields.get("kwargs") or [{}] * len(names)
    if len(arguments) != len(names):
        message = f"kwargs has {len(arguments)} objects for {len(names)} ids in instruction_id_list. Give one for each."
        raise ContractError(message, path, line)
    ids: list[str] = []
    for name, kwargs in zip(names, arguments, strict=True):
        value = _value(name, kwargs or {}, path, line, mode)
        ids.append(f"{name}-{names[: len(ids) + 1].count(name)}" if name in ids else name)
        yield Instruction(ids[-1], system, (("ifeval", value),), line=line, text_owner=ids[0] if len(ids) > 1 else None)


def _value(name: str, kwargs: Mapping[str, Any], path: Path, line: int, mode: str) -> dict[str, Any]:
    """Return an instruction as the value of an ``ifeval`` check.

    Raises:
        ContractError: the instruction is unknown, or its arguments are wrong.
    """
    if name not in INSTRUCTIONS:
        remedy = suggest(name, INSTRUCTIONS) or f" Allowed: {', '.join(sorted(INSTRUCTIONS))}."
        raise ContractError(f"unknown instruction {name!r}.{remedy}", path, line)
    # Files from the hub list every argument, with null for those of other instructions.
    value = {"id": name, "mode": mode, **{key: given for key, given in kwargs.items() if given is not None}}
    rule = verifiers.rule("ifeval")
    known = rule.value_schema["anyOf"][1]["properties"]
    for key in known.keys() & value.keys():
        if not Draft202012Validator(known[key]).is_valid(value[key]):
            argument = f"kwargs of {name}: {key} is {value[key]!r}"
            raise ContractError(f"{argument}. Allowed: {known[key]['description']}. Change it.", path, line)
    problem = rule.problem(value)
    if problem:
        raise ContractError(f"kwargs: {problem}", path, line)
    return value


def _refuse_duplicate(key_lines: dict[str, int], contract: Contract, line: int) -> None:
    key = contract.probes[0].id
    if key in key_lines:
        message = f"the key {key!r} occurs twice, first in line {key_lines[key]}. Rename or remove one."
        raise ContractError(message, contract.path, line)
    key_lines[key] = line
