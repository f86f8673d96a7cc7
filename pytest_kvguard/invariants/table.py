"""Names of the oracles, in the order they are run; torch-free until one is loaded."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_kvguard.errors import UsageError, suggest
from pytest_kvguard.invariants.finding import Finding, NotApplicable

if TYPE_CHECKING:
    from pytest_kvguard.invariants.subject import Subject

__all__ = ["KERNEL", "POLICY", "RUNS", "Oracle", "load", "names"]

POLICY, KERNEL = "policy", "kernel"
"""What an oracle concerns: a policy on a model, or an attention function on a model."""

RUNS = "runs"
"""The oracle without which no other has anything to say."""


@dataclass(frozen=True)
class Oracle:
    """Looks for a broken promise.

    Attributes:
        name: how it is called; its file has the same name.
        concerns: ``POLICY`` or ``KERNEL``.
        promise: what holds for every subject that is right.
    """

    name: str
    concerns: str
    promise: str

    def __call__(self, subject: Subject) -> Finding | None:
        """Return what is wrong with a subject, or None.

        An exception of the subject is a finding. Nothing is cached between calls.

        Raises:
            NotApplicable: the promise does not concern this subject.
        """
        module = importlib.import_module(f"pytest_kvguard.invariants.oracles.{self.name.replace('-', '_')}")
        try:
            found: Finding | None = module.find(subject)
        except NotApplicable:
            raise
        except Exception as error:
            first_line = (str(error).strip() or "no message").splitlines()[0]
            found = Finding(type(error).__name__, first_line, "", crashed=True)
        return found and replace(found, oracle=self.name)


_TABLE = (
    Oracle(RUNS, POLICY, "contexts of every length are compressed and answered with finite numbers"),
    Oracle("ratio-zero", POLICY, "ratio 0 is no policy, bit for bit"),
    Oracle("budget", POLICY, "as many entries stay as the ratio leaves, exactly"),
    Oracle("bytes-held", POLICY, "the cache holds the bytes of its entries, and keeps no others in memory"),
    Oracle("active", POLICY, "a policy that is asked to remove something changes what the model computes"),
    Oracle("rows-moved", POLICY, "keys and values of kept rows are moved together and unchanged"),
    Oracle("stored-rows", POLICY, "stored rows are off by something, within their bits, whatever lies beside them"),
    Oracle("kept-alone", POLICY, "on one layer, evicting is running the kept tokens alone at their true positions"),
    Oracle("protected", POLICY, "protected entries stay, under tied scores too; of equals the later stay"),
    Oracle("half-scores", POLICY, "scores are float32, and half-precision models keep nearly the same entries"),
    Oracle("observed-attention", POLICY, "what is recorded of queries is what they attended to, never a later key"),
    Oracle("second-call", POLICY, "a second call answers as the first, whatever ran in between"),
    Oracle("plain-after", POLICY, "the plain model after a policy, or an exception in it, is as before"),
    Oracle("prefix-reuse", POLICY, "a compressed prefix that was used before answers as a fresh one"),
    Oracle("true-positions", POLICY, "the next token stands at the true length, not at the number of kept rows"),
    Oracle("chunks", POLICY, "tokens fed in pieces are answered as tokens fed at once"),
    Oracle("batch-rows", POLICY, "a row of a batch answers as it does alone"),
    Oracle("decoding", POLICY, "128 tokens generated one by one are what feeding them at once computes"),
    Oracle("held-budget", POLICY, "a budget held while generating is held after every token, over many evictions"),
    Oracle("reset", POLICY, "a cache that was reset is as empty as a new one"),
    Oracle("kernel-prefill", KERNEL, "a kernel computes a whole prompt as float32 eager attention does"),
    Oracle("kernel-chunked", KERNEL, "a kernel computes a prompt fed in pieces as one fed at once"),
    Oracle("kernel-decode", KERNEL, "a kernel computes single tokens after a prompt as all of it at once"),
    Oracle("kernel-padding", KERNEL, "left padding changes nothing"),
    Oracle("kernel-compressed", KERNEL, "a kernel reads a compressed cache as float32 eager attention does"),
)


def names(concerns: str = "") -> tuple[str, ...]:
    """Return the oracles' names, or those of ``POLICY`` or ``KERNEL`` alone."""
    return tuple(oracle.name for oracle in _TABLE if concerns in ("", oracle.concerns))


def load(name: str) -> Oracle:
    """Return an oracle.

    Raises:
        UsageError: there is none of this name.
    """
    for oracle in _TABLE:
        if oracle.name == name:
            return oracle
    raise UsageError(f"Unknown invariant {name!r}.{suggest(name, names())} Known: {', '.join(names())}.")
