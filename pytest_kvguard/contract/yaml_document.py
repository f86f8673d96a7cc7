"""YAML text → plain data with line numbers; YAML features with surprising effects are refused."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from pytest_kvguard.contract.syntax_remedies import syntax_remedy
from pytest_kvguard.errors import ContractError
from pytest_kvguard.external.regular_files import open_regular

__all__ = ["MAX_BYTES", "ODD_LINE_BREAK", "Document", "KeyPath", "Scalar", "key_name", "read_document", "read_source"]

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 32
MAX_NODES = 100_000
"""Reading takes time in proportion: 4 s for 10,000 instructions."""

_NOT_A_KEY = "Put it in quotes. A text that begins with '{' or '[' needs quotes, too."
_TOO_DEEP = f"nested deeper than {MAX_DEPTH} levels. Flatten the value."

KeyPath = tuple[str | int, ...]

_SURROGATE = re.compile("[\ud800-\udfff]")

ODD_LINE_BREAK = re.compile("[\x85\u2028\u2029]")
"""What some readers of YAML take for a line break, and others do not."""


@dataclass(frozen=True)
class Scalar:
    """The place of a scalar in its file, for what YAML reads but does not return, e.g. comments.

    Attributes:
        style: ``"``, ``'``, ``|``, ``>``, or empty for a plain one.
        start, stop: half-open interval of its characters.
        gap: where the key, the dash or the item before it ends, up to which there may be comments.
        indent: the column of its key or dash; a line that is indented deeper belongs to it.
        in_flow: whether it stands within ``{ }`` or ``[ ]``.
    """

    style: str
    start: int
    stop: int
    gap: int
    indent: int
    in_flow: bool


@dataclass
class Document:
    """A parsed file.

    Attributes:
        path: the file.
        data: dicts, lists and scalars.
        lines: key path → 1-based line of its key (or list item).
        sources: key path of a scalar → its source text, e.g. ``007``.
        text: the whole file.
        scalars: key path of a scalar → its place in ``text``.
        gaps: key path of a list in ``[ ]`` → what stands between its items, comments included.
    """

    path: Path
    data: Any = None
    lines: dict[KeyPath, int] = field(default_factory=dict)
    sources: dict[KeyPath, str] = field(default_factory=dict)
    text: str = ""
    scalars: dict[KeyPath, Scalar] = field(default_factory=dict)
    gaps: dict[KeyPath, str] = field(default_factory=dict)

    def items(self) -> Iterator[tuple[KeyPath, Any]]:
        """Yield every value with its key path, maps and lists included."""
        pending: list[tuple[KeyPath, Any]] = [((), self.data)]
        for key_path, value in pending:
            yield key_path, value
            children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
            pending += [((*key_path, key), child) for key, child in children]

    def line(self, key_path: KeyPath) -> int:
        """Return the line of a key path, or of its nearest known parent."""
        while key_path and key_path not in self.lines:
            key_path = key_path[:-1]
        return self.lines.get(key_path, 0)

    def error(self, message: str, key_path: KeyPath) -> ContractError:
        """Return an error that points at a key path."""
        return ContractError(message, self.path, self.line(key_path))


def key_name(key_path: KeyPath) -> str:
    """Return a key path as a reader would write it, e.g. ``context.instructions[2].check``; items count from 1."""
    words = [f"[{step + 1}]" if isinstance(step, int) else f".{step}" for step in key_path]
    return "".join(words).lstrip(".") or "the contract"


class _Refused(Exception):
    """The document contains a construct that is refused, on a certain line."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


class _Loader(yaml.SafeLoader):
    """A loader of YAML 1.2 scalars (``no`` and ``9:30`` are text), without aliases and tags, and of bounded depth."""

    yaml_implicit_resolvers: dict[str, Any] = {}
    depth = 0
    nodes = 0
    flow_level: int
    line: int
    peek_event: Callable[..., Any]  # typed here, because the stubs leave it untyped

    def fetch_flow_collection_start(self, token_class: Any) -> None:
        # The scanner looks a thousand brackets ahead of the nodes, and takes seconds for them.
        if self.flow_level >= MAX_DEPTH:
            raise _Refused(_TOO_DEEP, self.line + 1)
        super().fetch_flow_collection_start(token_class)

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.peek_event()
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent) or event.anchor:
            name = f"*{event.anchor}" if isinstance(event, yaml.AliasEvent) else f"&{event.anchor}"
            raise _Refused(
                f"found the YAML alias or anchor {name}; neither is allowed, as a few of them can expand without end. "
                "Write the text out, or put it in quotes if the sign is part of it.",
                line,
            )
        if event.tag:
            raise _Refused(
                f"found the YAML tag {event.tag}; tags are not allowed. Remove it, or quote the text.",
                line,
            )
        if self.depth >= MAX_DEPTH:
            raise _Refused(_TOO_DEEP, line)
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise _Refused(
                f"more than {MAX_NODES:,} keys, items and texts. Split the contract into several files.", line
            )
        self.depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1


for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("int", r"[-+]?[0-9]{1,15}", "-+0123456789"),
    ("float", r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+)(?:[eE][-+]?[0-9]{1,2})?", "-+.0123456789"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), list(_first))


def read_document(path: Path, text: str | None = None) -> Document:
    """Read a YAML file.

    Args:
        path: the file.
        text: what ``read_source`` returned of it; None reads it now.

    Raises:
        ContractError: it cannot be read, or is not plain YAML; names the line.
    """
    document = Document(path, text=read_source(path) if text is None else text)
    node = _compose(document.text, path)
    if node is None:
        raise ContractError("the file is empty. A contract begins with the line 'kvguard: 1'.", path)
    document.data = _convert(node, (), document, _Around(0, 0, False))
    return document


def read_source(path: Path) -> str:
    """Return the text of a file.

    Raises:
        ContractError: it cannot be read, is too large, or is not UTF-8.
    """
    try:
        with open_regular(path) as file:
            content = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:  # a name with a NUL is a ValueError
        why = getattr(error, "strerror", None) or error
        raise ContractError(f"cannot be read: {why}. Check the path and its permissions.", path) from error
    if len(content) > MAX_BYTES:
        raise ContractError("larger than 1 MiB, the most a contract may have. Split it into several files.", path)
    try:
        return _with_plain_line_breaks(content.decode("utf-8-sig"), path)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        byte = content[error.start]
        raise ContractError(f"byte 0x{byte:02x} is not UTF-8. Save the file as UTF-8.", path, line) from error


def _with_plain_line_breaks(text: str, path: Path) -> str:
    """Return the text as it is; refuse characters that some readers of YAML take for line breaks, and others do not."""
    odd = ODD_LINE_BREAK.search(text)
    if odd:
        code = f"\\u{ord(odd[0]):04x}"
        line = text.count("\n", 0, odd.start()) + 1
        message = f'found the character {code}, a line break of old. Remove it, or write "{code}" in double quotes.'
        raise ContractError(message, path, line)
    return text


def _compose(text: str, path: Path) -> yaml.Node | None:
    loader: Any = None
    try:
        loader = _Loader(text)
        node: yaml.Node | None = loader.get_single_node()
        return node
    except _Refused as refused:
        raise ContractError(str(refused), path, refused.line) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise ContractError(f"character {error.character!r} is not allowed in YAML. Remove it.", path, line) from error
    except yaml.MarkedYAMLError as error:
        raise _syntax_error(error, text, path) from error
    except (ValueError, OverflowError, yaml.YAMLError) as error:
        line = loader.line + 1 if loader else 0
        message = f"not valid YAML: {error}. Check escapes such as \\U in quoted text."
        raise ContractError(message, path, line) from error


def _syntax_error(error: yaml.MarkedYAMLError, text: str, path: Path) -> ContractError:
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 0
    lines = text.splitlines()
    source = lines[line - 1] if 0 < line <= len(lines) else ""
    problem = str(error.problem or error.context)
    return ContractError(f"not valid YAML: {problem}. {syntax_remedy(problem, source)}", path, line)


@dataclass(frozen=True)
class _Around:
    """What surrounds a node: where its key or dash ends, the column of that, and whether it is within brackets."""

    gap: int
    indent: int
    in_flow: bool


def _convert(node: yaml.Node, key_path: KeyPath, document: Document, around: _Around) -> Any:
    document.lines.setdefault(key_path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        return _convert_mapping(node, key_path, document, around)
    if isinstance(node, yaml.SequenceNode):
        return _convert_sequence(node, key_path, document, around)
    return _convert_scalar(node, key_path, document, around)


def _convert_sequence(node: yaml.SequenceNode, key_path: KeyPath, document: Document, around: _Around) -> list[Any]:
    converted, gap, gaps = [], node.start_mark.index, []
    for index, child in enumerate(node.value):
        inner = _Around(gap, node.start_mark.column, around.in_flow or bool(node.flow_style))
        gaps.append(document.text[gap : child.start_mark.index])
        gap = child.end_mark.index
        converted.append(_convert(child, (*key_path, index), document, inner))
    if node.flow_style:
        document.gaps[key_path] = "".join([*gaps, document.text[gap : node.end_mark.index]])
    return converted


def _convert_mapping(node: yaml.MappingNode, key_path: KeyPath, document: Document, around: _Around) -> dict[str, Any]:
    converted: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if key_node.tag != "tag:yaml.org,2002:str":
            key_text = key_node.value if isinstance(key_node, yaml.ScalarNode) else "a list or map"
            remedy = "Put it in quotes." if isinstance(key_node, yaml.ScalarNode) else _NOT_A_KEY
            raise ContractError(f"the key {key_text} is not text. {remedy}", document.path, line)
        key = key_node.value
        child_path = (*key_path, key)
        if key in converted:
            first = document.lines[child_path]
            raise ContractError(
                f"the key {key!r} occurs twice, first in line {first}. Remove or rename one.", document.path, line
            )
        _refuse_surrogates(key, document.path, line)
        document.lines[child_path] = line
        in_flow = around.in_flow or bool(node.flow_style)
        inner = _Around(key_node.end_mark.index, key_node.start_mark.column, in_flow)
        converted[key] = _convert(value_node, child_path, document, inner)
    return converted


def _convert_scalar(node: yaml.Node, key_path: KeyPath, document: Document, around: _Around) -> Any:
    document.sources[key_path] = node.value
    document.scalars[key_path] = Scalar(
        getattr(node, "style", None) or "",
        node.start_mark.index,
        node.end_mark.index,
        around.gap,
        around.indent,
        around.in_flow,
    )
    kind = node.tag.rsplit(":", 1)[-1]
    if kind == "null":
        return None
    if kind == "bool":
        return node.value.lower() == "true"
    if kind in ("int", "float"):
        return _number(node.value, document.path, node.start_mark.line + 1)
    _refuse_surrogates(node.value, document.path, node.start_mark.line + 1)
    return node.value


def _number(source: str, path: Path, line: int) -> int | float:
    number = float(source)
    if not math.isfinite(number):
        raise ContractError(f"a number of {len(source)} digits is too large. Write a smaller one.", path, line)
    # JSON Schema takes 64.0 for a whole number, so Python must, too.
    return int(number) if number.is_integer() else number


def _refuse_surrogates(text: str, path: Path, line: int) -> None:
    if _SURROGATE.search(text):
        raise ContractError("found half a character (\\uD800 to \\uDFFF). Write the whole character.", path, line)
