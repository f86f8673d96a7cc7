"""Keys of replies in the result store: digests of everything on which a reply depends."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from dataclasses import dataclass, fields
from hashlib import sha256
from typing import Any

from kvguard_policies.spec import PolicySpec
from pytest_kvguard.backends.code_digest import engine_digest, policy_digest
from pytest_kvguard.backends.machine import cpu_name, version_of
from pytest_kvguard.backends.protocol import TurnRequest
from pytest_kvguard.models.kernels import is_versioned
from pytest_kvguard.models.options import SPREAD
from pytest_kvguard.models.template_clock import read_clock

__all__ = ["TurnKeys"]

LIBRARIES = ("torch", "transformers", "tokenizers", "optimum-quanto", "hqq")


@dataclass(frozen=True)
class TurnKeys:
    """The keys of one model's replies.

    Attributes:
        model: digest of the model's files.
        dtype, device: as requested.
        clock: the formats in which the chat template reads the clock; None if they are not known, so that no reply has
            a key.
    """

    model: str
    dtype: str
    device: str
    clock: tuple[str, ...] | None = ()

    def facts(self, name: str, policies: Sequence[PolicySpec], kernels: Sequence[str]) -> str | None:
        """Return the key of the facts about a model that can run these policies and kernels; None for no key."""
        codes = [policy_digest(spec) for spec in policies]
        if None in codes or not all(map(is_versioned, kernels)):
            return None
        specs = [policy.text for policy in policies]
        return self._digest("facts", name=name, policies=specs, codes=codes, kernels=[*kernels])

    def self_check(self, kernel: str) -> str | None:
        """Return the key of the comparison of the uncompressed arm with the plain model; None for no key."""
        return self._digest("self-check", kernel=kernel) if is_versioned(kernel) else None

    def turn(self, request: TurnRequest) -> str | None:
        """Return the key of one reply; None where it depends on code that cannot be located, or on an unknown clock.

        Where the template reads the clock, e.g. for today's date, the key changes with what it reads.
        """
        policy = request.cell.policy
        code = "" if policy is None else policy_digest(policy)
        if code is None or self.clock is None or not is_versioned(request.kernel):
            return None
        # All fields belong to the key, also those that may be added to requests later.
        values = {field.name: getattr(request, field.name) for field in fields(request)}
        plain = {"contract": _of_contract(request), "cell": request.cell.record}
        return self._digest("turn", **{**values, **plain}, code=code, clock=read_clock(self.clock))

    def _digest(self, kind: str, **values: Any) -> str:
        setting = [self.model, self.dtype, self.device, *_machine(self.device), engine_digest()]
        text = json.dumps([kind, setting, *(version_of(name) for name in LIBRARIES), values])
        return sha256(text.encode()).hexdigest()


def _machine(device: str) -> tuple[str, ...]:
    """Return the processors that compute: sums differ in their last digits between processors."""
    if device.partition(":")[0] == "cpu":
        return platform.machine(), cpu_name()
    import torch

    from pytest_kvguard.backends.environment import device_name

    if device == SPREAD:
        accelerators = (torch.device("cuda", number) for number in range(torch.cuda.device_count()))
        return *_machine("cpu"), *map(device_name, accelerators)
    return (device_name(torch.device(device)),)


def _of_contract(request: TurnRequest) -> list[Any]:
    """Return the parts of a contract that reach the model; its name, checks and gate do not."""
    contract, order = request.contract, request.order
    generate = contract.generate
    return [
        contract.system_text(order),
        contract.instruction_intervals(order),
        list(contract.protected),
        [generate.max_new_tokens, generate.temperature, generate.top_p],
    ]
