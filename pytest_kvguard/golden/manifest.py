"""The manifest of a model's goldens: the values that a reviewer reads, and the files of the tensors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from pytest_kvguard.external.json_text import read_json
from pytest_kvguard.golden.key import GoldenKey

__all__ = ["VERSION", "Manifest", "ManifestEntry", "ManifestProblem"]

VERSION = 1
VERSION_KEY = "kvguard_goldens"
DIGEST_LETTERS = 8


class ManifestProblem(Exception):
    """A manifest cannot be read; the message says why."""


@dataclass(frozen=True)
class ManifestEntry:
    """The manifest's record of one golden.

    Attributes:
        file: the name of the file with its tensors.
        digest: the SHA-256 of that file.
        environment: the properties on which the numbers depend besides the inputs.
        conversations: the turns of each conversation: reply, entries, bytes and names of tensors.
        verdicts: the verdict of each check.
    """

    file: str
    digest: str
    environment: Mapping[str, str]
    conversations: Mapping[str, list[dict[str, Any]]]
    verdicts: Mapping[str, str]


@dataclass(frozen=True)
class Manifest:
    """All goldens of one model."""

    model: str
    entries: Mapping[GoldenKey, ManifestEntry] = field(default_factory=dict)

    def with_entry(self, key: GoldenKey, entry: ManifestEntry) -> Manifest:
        """Return a manifest with an entry added, or replaced."""
        return Manifest(self.model, {**self.entries, key: entry})

    def without(self, keys: set[GoldenKey]) -> Manifest:
        """Return a manifest without the entries of some keys."""
        return Manifest(self.model, {key: entry for key, entry in self.entries.items() if key not in keys})

    def to_json(self) -> str:
        """Return the text of the file, which does not depend on the order of the entries."""
        environments = {_digest(entry.environment): dict(entry.environment) for entry in self.entries.values()}
        cells = [
            {
                **key.record,
                "file": entry.file,
                "sha256": entry.digest,
                "environment": _digest(entry.environment),
                "verdicts": dict(entry.verdicts),
                "conversations": dict(entry.conversations),
            }
            for key, entry in sorted(self.entries.items(), key=lambda item: tuple(item[0].record.values()))
        ]
        document = {
            VERSION_KEY: VERSION,
            "model": self.model,
            "environments": dict(sorted(environments.items())),
            "cells": cells,
        }
        return json.dumps(document, indent=1, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Manifest:
        """Return the manifest that a text contains.

        Raises:
            ManifestProblem: the text is not a manifest of this version.
        """
        try:
            document = read_json(text)
        except ValueError as error:
            raise ManifestProblem(f"it is not JSON: {error}") from error
        if not isinstance(document, dict) or VERSION_KEY not in document:
            raise ManifestProblem(f"it is not a manifest of goldens: the key {VERSION_KEY!r} is missing")
        if document[VERSION_KEY] != VERSION:
            raise ManifestProblem(f"it has version {document[VERSION_KEY]}; this pytest-kvguard reads {VERSION}")
        try:
            return cls(str(document["model"]), dict(_entry(record, document) for record in document["cells"]))
        except (KeyError, TypeError, ValueError, AttributeError, ZeroDivisionError) as error:
            raise ManifestProblem(f"it is damaged: {type(error).__name__}: {error}") from error


def _entry(record: dict[str, Any], document: dict[str, Any]) -> tuple[GoldenKey, ManifestEntry]:
    key = GoldenKey.from_record(record)
    if "/" in record["file"] or "\\" in record["file"] or not record["file"].endswith(".safetensors"):
        raise ValueError(f"{record['file']!r} is not a file of this folder")
    environment = document["environments"][record["environment"]]
    return key, ManifestEntry(
        record["file"], record["sha256"], environment, record["conversations"], record["verdicts"]
    )


def _digest(environment: Mapping[str, str]) -> str:
    return sha256(json.dumps(dict(environment), sort_keys=True).encode()).hexdigest()[:DIGEST_LETTERS]
