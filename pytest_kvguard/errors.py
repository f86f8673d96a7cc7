"""Every exception of the guard; each message ends in a remedy.

    KVGuardError
    ├── UsageError            an option, ini value or spec string is wrong
    ├── ContractError         a contract file is wrong; knows file and line
    ├── ModelError            a model does not exist, or cannot be fetched or loaded
    ├── PromptError           a prompt cannot be rendered or does not fit the model
    ├── InactivePolicyError   a policy that should compress changed nothing
    ├── GoldenError           a golden is missing, differs from the run, or cannot be read or written
    ├── EndpointError         an inference server could not be reached, or gave no usable answer
    ├── JudgeError            a judge could not be reached, or gave no verdict
    └── RunError              a run broke while generating

Policies raise their own errors (``kvguard_policies.policy.PolicyError``). ``ContractWarning`` warns of a contract that
is right, but probably not meant as it stands.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path

__all__ = [
    "ContractError",
    "ContractWarning",
    "EndpointError",
    "GoldenError",
    "InactivePolicyError",
    "JudgeError",
    "KVGuardError",
    "ModelError",
    "PromptError",
    "RunError",
    "UsageError",
    "suggest",
]


def suggest(word: str, known: Iterable[str]) -> str:
    """Return `` Did you mean 'x'?`` for the nearest known word, or an empty text."""
    matches = difflib.get_close_matches(str(word), list(known), n=1, cutoff=0.6)
    return f" Did you mean {matches[0]!r}?" if matches else ""


class KVGuardError(Exception):
    """The base of every error that the guard raises on purpose."""


class UsageError(KVGuardError):
    """An option, ini value or spec string is wrong."""


class ContractError(KVGuardError):
    """A contract file is wrong.

    Attributes:
        path: the contract file.
        line: 1-based line of the mistake; 0 if it concerns the whole file.
    """

    def __init__(self, message: str, path: Path | str, line: int = 0) -> None:
        self.path = Path(path)
        self.line = line
        self.message = message
        where = f"{self.path}:{line}" if line else str(self.path)
        super().__init__(f"{where}: {message}")


class ContractWarning(UserWarning):
    """A contract is probably not meant as it stands."""


class ModelError(KVGuardError):
    """A model does not exist, or cannot be fetched or loaded."""


class PromptError(KVGuardError):
    """A prompt cannot be rendered or does not fit the model."""


class InactivePolicyError(KVGuardError):
    """A policy that should compress changed nothing."""


class GoldenError(KVGuardError):
    """A golden is missing, differs from the run, or cannot be read or written."""


class EndpointError(KVGuardError):
    """An inference server could not be reached, or gave no usable answer."""


class JudgeError(KVGuardError):
    """A judge could not be reached, or gave no verdict."""


class RunError(KVGuardError):
    """A run broke while generating."""
