"""The oracles by name, in the order in which they run; torch is imported when one is called."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_kvguard.errors import UsageError, suggest
from pytest_kvguard.invariants.violation import NotApplicable, Refused, Violation, refusal

if TYPE_CHECKING:
    from pytest_kvguard.invariants.subject import Subject

__all__ = ["KERNEL", "POLICY", "RUNS", "Oracle", "load", "names"]

POLICY, KERNEL = "policy", "kernel"
"""The concern of an oracle: a policy on a model, or an attention implementation on a model."""

RUNS = "runs"
"""The oracle that must pass before the others mean anything."""


@dataclass(frozen=True)
class Oracle:
    """Checks a promise.

    Attributes:
        name: of the oracle and of its file.
        concerns: ``POLICY`` or ``KERNEL``.
        promise: holds for every correct subject.
    """

    name: str
    concerns: str
    promise: str

    def __call__(self, subject: Subject) -> Violation | None:
        """Return how a subject breaks the promise, or None.

        An exception of the subject is a violation, too. Nothing is cached between calls.

        Raises:
            NotApplicable: the promise does not concern this subject.
        """
        module = importlib.import_module(f"pytest_kvguard.invariants.oracles.{self.name.replace('-', '_')}")
        try:
            violation: Violation | None = module.find(subject)
        except NotApplicable:
            raise
        except Exception as error:
            if reason := refusal(error):
                raise Refused(reason) from error
            first_line = (str(error).strip() or "no message").splitlines()[0]
            violation = Violation(type(error).__name__, first_line, "", crashed=True)
        return violation and replace(violation, oracle=self.name)


_TABLE = (
    Oracle(RUNS, POLICY, "contexts of every length are compressed and answered with finite numbers"),
    Oracle("ratio-zero", POLICY, "ratio 0 computes the same as no policy, bit for bit"),
    Oracle("budget", POLICY, "exactly as many entries are kept as the ratio leaves"),
    Oracle("bytes-held", POLICY, "the cache holds the bytes of its entries and keeps no others in memory"),
    Oracle("active", POLICY, "a policy with a ratio above 0 changes what the model computes"),
    Oracle("rows-moved", POLICY, "keys and values of kept entries are moved together and unchanged"),
    Oracle("stored-rows", POLICY, "quantized entries have an error within their bits, and no other head changes it"),
    Oracle(
        "stored-growth", POLICY, "entries packed while generating are as exact as those packed at once, in copies too"
    ),
    Oracle("kept-alone", POLICY, "on one layer, evicting equals running the kept tokens alone at their true positions"),
    Oracle("protected", POLICY, "protected entries are kept, under tied scores too; ties keep the later token"),
    Oracle("half-scores", POLICY, "scores are float32, and half-precision models keep nearly the same entries"),
    Oracle("observed-attention", POLICY, "the recorded attention is that of the queries; none attends to a later key"),
    Oracle("long-observations", POLICY, "what is recorded of a long context, in several calls, is of all its queries"),
    Oracle("future-queries", POLICY, "the moments of future queries are those of queries that the model computes"),
    Oracle("second-call", POLICY, "a second call gives the answer of the first, whatever ran in between"),
    Oracle("plain-after", POLICY, "after a policy, or an exception in it, the plain model computes the same as before"),
    Oracle("prefix-reuse", POLICY, "a compressed prefix that was used before gives the answers of a fresh one"),
    Oracle("true-positions", POLICY, "the next position is the true length, not the number of kept entries"),
    Oracle("chunks", POLICY, "tokens fed in pieces give the answer of tokens fed at once"),
    Oracle("batch-rows", POLICY, "a row gives the same answer in a batch as alone (batch invariance)"),
    Oracle("decoding", POLICY, "generating 128 tokens one by one computes the same as feeding them at once"),
    Oracle("held-budget", POLICY, "a budget held while generating is kept after every token, over many evictions"),
    Oracle("reset", POLICY, "a cache that was reset is as empty as a new one"),
    Oracle("stored-edges", POLICY, "constant, huge, late and half-precision numbers are stored in their range"),
    Oracle("lengths", POLICY, "from 1 to 4,097 tokens and down to one entry, evicting equals running the rest alone"),
    Oracle("short-contexts", POLICY, "a cache of a policy's own that holds everything answers as the plain model"),
    Oracle("rows-together", POLICY, "rows of one context and of others answer in a batch, which shrinks, as alone"),
    Oracle("shared-runs", POLICY, "a job gives the same in a run with other jobs, before or after them, as alone"),
    Oracle("reports", POLICY, "reported entries, ratio, bytes, error and keep rates are those of the cache"),
    Oracle("kernel-prefill", KERNEL, "a kernel computes a whole prompt as float32 eager attention does"),
    Oracle("kernel-chunked", KERNEL, "a kernel computes the same for a prompt fed in pieces as for one fed at once"),
    Oracle("kernel-decode", KERNEL, "a kernel computes the same for single tokens after a prompt as for all at once"),
    Oracle("kernel-padding", KERNEL, "left padding changes nothing"),
    Oracle("kernel-compressed", KERNEL, "a kernel reads a compressed cache as float32 eager attention does"),
    Oracle("kernel-uneven", KERNEL, "a kernel reads heads of very different lengths as their tokens alone"),
    Oracle("kernel-lengths", KERNEL, "a kernel reads caches of every block size, and of 4,097 tokens, as eager does"),
    Oracle("kernel-windows", KERNEL, "a kernel reads a window that fills, is full, or wrapped twice, as eager does"),
)


def names(concerns: str = "") -> tuple[str, ...]:
    """Return the names of all oracles, or of those that concern ``POLICY`` or ``KERNEL`` alone."""
    return tuple(oracle.name for oracle in _TABLE if concerns in ("", oracle.concerns))


def load(name: str) -> Oracle:
    """Return the oracle of a name.

    Raises:
        UsageError: no oracle has this name.
    """
    for oracle in _TABLE:
        if oracle.name == name:
            return oracle
    raise UsageError(f"Unknown invariant {name!r}.{suggest(name, names())} Known: {', '.join(names())}.")
