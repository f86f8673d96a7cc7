"""What a server says it is: its build, its model file and its cache type, as far as its engine tells."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from pytest_kvguard.external.json_text import read_json

__all__ = ["Identity", "differences", "read_identity"]

MOST_LETTERS = 80

_CACHE_METRIC = re.compile(r"^vllm:cache_config_info\{.*?cache_dtype=\"([^\"]*)\"", re.MULTILINE)

Get = Callable[[str], bytes]
"""Returns the answer at a path of the server, or empty bytes if there is none."""


@dataclass(frozen=True)
class Identity:
    """What a server says it is; a fact that it does not tell is empty.

    Attributes:
        build: the engine and its build, e.g. ``vLLM 0.32.0``.
        model: the name of the model's file or folder.
        cache: the cache type, in the engine's words.
    """

    build: str = ""
    model: str = ""
    cache: str = ""

    def __str__(self) -> str:
        facts = (self.build, self.model and f"model {self.model}", self.cache and f"cache type {self.cache}")
        return ", ".join(filter(None, facts))


def read_identity(get: Get) -> Identity:
    """Return what a server says it is, asked in the ways of llama.cpp, SGLang and vLLM.

    Args:
        get: asks for a path from the server's root on.
    """
    for read in (_llama_cpp, _sglang, _vllm):
        identity = read(get)
        if identity.build:
            return identity
    return Identity()


def differences(baseline: Identity, arm: Identity) -> Iterator[str]:
    """Yield what the servers of two arms have different besides compression."""
    for fact in ("build", "model"):
        one, other = getattr(baseline, fact), getattr(arm, fact)
        if one and other and one != other:
            yield f"its {fact} is {other}, that of the uncompressed server {one}"


def _llama_cpp(get: Get) -> Identity:
    facts = _json(get("/props"))
    build = _text(facts.get("build_info"))
    return Identity(build and f"llama.cpp {build}", _name(facts.get("model_path")))


def _sglang(get: Get) -> Identity:
    facts = _json(get("/get_server_info"))
    build = _text(facts.get("version"))
    return Identity(build and f"SGLang {build}", _name(facts.get("model_path")), _text(facts.get("kv_cache_dtype")))


def _vllm(get: Get) -> Identity:
    build = _text(_json(get("/version")).get("version"))
    if not build:
        return Identity()
    found = _CACHE_METRIC.search(get("/metrics").decode("utf-8", "replace"))
    models = _json(get("/v1/models")).get("data")
    first = models[0] if isinstance(models, list) and models and isinstance(models[0], Mapping) else {}
    return Identity(f"vLLM {build}", _name(first.get("root")), _text(found[1]) if found else "")


def _json(answer: bytes) -> Mapping[str, Any]:
    try:
        facts = read_json(answer)
    except ValueError:
        return {}
    return facts if isinstance(facts, Mapping) else {}


def _name(path: object) -> str:
    """Return the last part of a path, since two machines may keep one model in different folders."""
    text = _text(path)
    return PurePosixPath(text.replace("\\", "/")).name or text


def _text(value: object) -> str:
    """Return a fact as one printable line."""
    return "".join(filter(str.isprintable, value)).strip()[:MOST_LETTERS] if isinstance(value, str) else ""
