"""The protocol of engines that can be launched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

__all__ = ["Engine", "ServerPlan"]


@dataclass(frozen=True)
class ServerPlan:
    """One server to start.

    Attributes:
        model: as given to ``--kv-model``.
        cache: the cache type, as the engine names it.
        port: on the loopback address.
        python: the interpreter in which the engine is installed.
        is_control: whether the server is the control, which differs harmlessly from the baseline.
        context_tokens: length of the longest conversation.
    """

    model: str
    cache: str
    port: int
    python: str
    is_control: bool = False
    context_tokens: int = 4096


class Engine(Protocol):
    """One inference engine.

    An engine is a module with these names, and a line in ``table.py``.
    """

    BASELINE: str
    """The cache type of the uncompressed arm."""

    CACHES: tuple[str, ...]
    """The other cache types that it is known to support."""

    HAS_CONTROL: bool
    """Whether a server can differ harmlessly from the baseline."""

    def command(self, plan: ServerPlan) -> list[str]:
        """Return the command that starts a server.

        Raises:
            ModelError: the model is not available in a format that the engine reads.
            UsageError: the engine is not installed.
        """

    def environment(self) -> dict[str, str]:
        """Return the environment variables to set."""
