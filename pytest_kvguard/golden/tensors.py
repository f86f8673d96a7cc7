"""Conversion of a recording to safetensors, each distinct array once, and to plain values for the manifest."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import numpy
from safetensors import SafetensorError
from safetensors.numpy import load, save

from pytest_kvguard.golden.manifest import ManifestEntry
from pytest_kvguard.golden.recording import RecordedTurn, Recording
from pytest_kvguard.values.traces import TopLogits

__all__ = ["is_packed_recording", "pack_recording", "unpack_recording"]

DIGEST_LETTERS = 12


def pack_recording(recording: Recording) -> tuple[bytes, dict[str, list[dict[str, Any]]]]:
    """Return the content of the tensor file, and the turns of each conversation for the manifest."""
    tensors: dict[str, Any] = {}
    conversations = {
        name: [_pack_turn(turn, tensors) for turn in turns] for name, turns in recording.conversations.items()
    }
    return save(dict(sorted(tensors.items()))), conversations


def unpack_recording(content: bytes, entry: ManifestEntry) -> Recording:
    """Return the recording that a tensor file and its manifest entry describe.

    Raises:
        ValueError: the file and the entry do not match.
    """
    try:
        tensors = load(content)
        conversations = {
            name: tuple(_unpack_turn(turn, tensors) for turn in turns) for name, turns in entry.conversations.items()
        }
        return Recording(conversations, dict(entry.verdicts), dict(entry.environment))
    except (SafetensorError, LookupError, TypeError, ValueError, OverflowError, AttributeError, MemoryError) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from error


def is_packed_recording(content: bytes) -> bool:
    """Return whether a file's content is a packed recording: each tensor is named by the digest of its values."""
    try:
        tensors = load(content)
    except (SafetensorError, LookupError, TypeError, ValueError):
        return False
    return bool(tensors) and all(_name_of(array) == name for name, array in tensors.items())


def _pack_turn(turn: RecordedTurn, tensors: dict[str, Any]) -> dict[str, Any]:
    record: dict[str, Any] = {
        "reply": turn.text,
        "tokens": _put(tensors, numpy.array(turn.token_ids, dtype=numpy.int32)),
        "prompt": _put(tensors, numpy.array(turn.prompt_ids, dtype=numpy.int32)),
        "entries": turn.entries,
        "bytes": turn.cache_bytes,
    }
    if turn.reports:
        record["reports"] = dict(turn.reports)
    if turn.kept is not None:
        record["kept"] = {
            "shape": "x".join(map(str, turn.kept.shape)),
            "bits": _put(tensors, numpy.packbits(turn.kept, axis=2)),
        }
    if turn.logits is not None:
        logits = turn.logits
        record["logits"] = {name: _put(tensors, getattr(logits, name)) for name in ("ids", "values", "log_sums")}
    return record


def _put(tensors: dict[str, Any], array: Any) -> str:
    array = numpy.ascontiguousarray(array)
    name = _name_of(array)
    tensors[name] = array
    return name


def _name_of(array: Any) -> str:
    shape = f"{array.dtype} {array.shape}".encode()
    return sha256(shape + array.tobytes()).hexdigest()[:DIGEST_LETTERS]


def _unpack_turn(record: Mapping[str, Any], tensors: Mapping[str, Any]) -> RecordedTurn:
    kept, logits = record.get("kept"), record.get("logits")
    return RecordedTurn(
        token_ids=tuple(tensors[record["tokens"]].tolist()),
        text=record["reply"],
        prompt_ids=tuple(tensors[record["prompt"]].tolist()),
        kept=_unpack_mask(tensors[kept["bits"]], [int(n) for n in kept["shape"].split("x")]) if kept else None,
        entries=record["entries"],
        cache_bytes=record["bytes"],
        logits=TopLogits(**{name: tensors[logits[name]] for name in logits}) if logits else None,
        reports={name: float(value) for name, value in record.get("reports", {}).items()},
    )


def _unpack_mask(bits: Any, shape: list[int]) -> Any:
    return numpy.unpackbits(bits, axis=2, count=shape[2]).astype(bool).reshape(shape)
