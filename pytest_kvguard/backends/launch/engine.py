"""What an engine that can be launched has to say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

__all__ = ["Engine", "ServerPlan"]


@dataclass(frozen=True)
class ServerPlan:
    """One server to start.

    Attributes:
        model: as ``--kv-model`` has it.
        cache: the cache's type, in the engine's own words.
        port: on the loopback address.
        python: the interpreter that has the engine.
        is_null: whether it is to differ harmlessly from the baseline.
        context_tokens: the longest conversation.
    """

    model: str
    cache: str
    port: int
    python: str
    is_null: bool = False
    context_tokens: int = 4096


class Engine(Protocol):
    """One inference engine.

    A module with these names is an engine: a file of its own, and a line in ``table.py``.
    """

    BASELINE: str
    """The cache type of the uncompressed arm."""

    CACHES: tuple[str, ...]
    """The other cache types it is known to take."""

    HAS_NULL: bool
    """Whether it can be started in a way that differs harmlessly from the baseline."""

    def command(self, plan: ServerPlan) -> list[str]:
        """Return the command that starts a server.

        Raises:
            ModelError: the model is not there in a form that the engine reads.
            UsageError: the engine is not installed.
        """

    def environment(self) -> dict[str, str]:
        """Return the environment variables to set."""
