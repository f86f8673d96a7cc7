"""The cell that a conversation runs under: policy, ratio and kernel, a server, or the uncompressed model."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from kvguard_policies.exact_numbers import read_fraction
from kvguard_policies.spec import PolicySpec, parse_ratio

__all__ = ["DEFAULT_KERNEL", "NO_POLICY", "ON_SERVER", "Cell", "written_ratio"]

NO_POLICY = "none"
"""The policy name of cells that compress nothing."""

ON_SERVER = "server"
"""The kernel of cells that run on a server."""

DEFAULT_KERNEL = "sdpa"


@dataclass(frozen=True)
class Cell:
    """One policy at one ratio on one attention kernel, a server, or the uncompressed model.

    Attributes:
        policy: None for servers and for the uncompressed model.
        ratio: fraction of the cache entries to remove, 0 <= r < 1; 0 where nothing is evicted.
        kernel: attention implementation, e.g. ``sdpa``; ``ON_SERVER`` for a server.
        server: name of the server whose cache is compressed; empty for every other cell.
    """

    policy: PolicySpec | None = None
    ratio: Fraction = Fraction(0)
    kernel: str = DEFAULT_KERNEL
    server: str = ""

    @classmethod
    def of(cls, policy: str = NO_POLICY, ratio: str | Fraction = "0", kernel: str = DEFAULT_KERNEL) -> Cell:
        """Return the cell of a policy in this process, from texts.

        Raises:
            SpecError: the policy or the ratio cannot be read.
        """
        exact = parse_ratio(ratio) if isinstance(ratio, str) else ratio
        return cls(None if policy == NO_POLICY else PolicySpec.read(policy), exact, kernel)

    @classmethod
    def from_record(cls, record: Mapping[str, str]) -> Cell:
        """Return the cell that ``record`` describes; further keys are ignored."""
        name, ratio, kernel = record["policy"], read_fraction(record["ratio"]), record["kernel"]
        if name == NO_POLICY:
            return cls(ratio=ratio, kernel=kernel)
        return cls(server=name, kernel=kernel) if kernel == ON_SERVER else cls(PolicySpec(name), ratio, kernel)

    @property
    def record(self) -> dict[str, str]:
        """The cell as plain values: ``policy``, ``ratio``, ``kernel``."""
        return {"policy": self.policy_name, "ratio": written_ratio(self.ratio), "kernel": self.kernel}

    @property
    def policy_name(self) -> str:
        """The policy's spec, the server's name, or ``none``."""
        return self.server or (NO_POLICY if self.policy is None else self.policy.text)

    @property
    def is_uncompressed(self) -> bool:
        """Whether nothing is compressed."""
        return self.policy is None and not self.server

    @property
    def is_on_server(self) -> bool:
        """Whether the cell runs on a server."""
        return self.kernel == ON_SERVER

    @property
    def compresses(self) -> bool:
        """Whether the policy removes, quantizes or stores entries in another cache; False for servers."""
        return self.policy is not None and (self.ratio > 0 or self.policy.quantizes or self.policy.is_cache)

    @property
    def should_differ(self) -> bool:
        """Whether replies must differ from the uncompressed ones: all but ratio 0 and caches that only move entries."""
        return self.ratio > 0 or bool(self.server) or (self.policy is not None and self.policy.quantizes)

    @property
    def uncompressed(self) -> Cell:
        """The uncompressed cell on the same kernel."""
        return Cell(kernel=self.kernel)

    @property
    def label(self) -> str:
        """The cell's name in every report, e.g. ``snapkv 0.5``; a kernel other than ``sdpa`` follows it."""
        if self.is_on_server:
            return f"server {self.server}" if self.server else "uncompressed server"
        return self._on_kernel("uncompressed" if self.policy is None else f"{self.policy} {written_ratio(self.ratio)}")

    def _on_kernel(self, name: str) -> str:
        return name if self.kernel == DEFAULT_KERNEL else f"{name}, {self.kernel}"

    @property
    def slug(self) -> str:
        """The label for node ids, in characters that ``pytest -k`` accepts: ``snapkv-0.5``."""
        return _slug(self.label)

    @property
    def slug_without_ratio(self) -> str:
        """The slug of a search for the ratio, which names no ratio."""
        return _slug(self._on_kernel(self.policy_name))

    @property
    def typed(self) -> str:
        """The command-line options that select the policy and the ratio."""
        policy = f"--kv-policy={self.policy_name}"
        return policy if self.is_uncompressed else f"{policy} --ratio={written_ratio(self.ratio)}"


def _slug(label: str) -> str:
    return re.sub(r"[^\w.:]+", "-", label.replace("=", ".")).strip("-")


def written_ratio(ratio: Fraction) -> str:
    """Return a ratio as text: a decimal if that is exact, else a fraction."""
    text = repr(float(ratio)) if ratio else "0"
    return text if Fraction(text) == ratio else str(ratio)
