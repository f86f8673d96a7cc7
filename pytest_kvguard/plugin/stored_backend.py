"""The backend in this process behind the result store, wherever it can be told what a reply depends on."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import TYPE_CHECKING

from pytest_kvguard.backends.stored import Stored, TellingBackend
from pytest_kvguard.backends.turn_key import TurnKeys
from pytest_kvguard.models.embedded_model import results_directory
from pytest_kvguard.models.model_source import fingerprint, local_files
from pytest_kvguard.plugin.executor_options import RAY
from pytest_kvguard.result_store.store import ResultStore

if TYPE_CHECKING:
    from pytest_kvguard.plugin.session import KVSession

__all__ = ["open_store", "stored_backend"]

MIB = 1 << 20


def open_store(kv: KVSession, warn: Callable[[str], None]) -> ResultStore:
    """Return the store that the options name."""
    options = kv.options.store
    return ResultStore(options.folder or results_directory(), options.limit_mib * MIB, warn)


def stored_backend(kv: KVSession, make: Callable[[], TellingBackend]) -> Stored | None:
    """Return a backend that runs what is not stored; None where nothing can be looked up or kept.

    Goldens compare what is run with what was run, so they look nothing up; nor do faults, which must run to be noticed.

    Args:
        kv: the session.
        make: makes the backend that runs the rest.

    Raises:
        ModelError: there is no such model.
    """
    options = kv.options
    if not options.store.is_on or options.golden.is_on or options.faults.on:
        return None
    if options.executor.name == RAY and options.device != "cpu":  # the cluster's devices are not known here
        return None
    model = _model_digest(kv)
    if model is None:
        return None
    keys = TurnKeys(model, options.dtype, options.device)
    return Stored(make, kv.store, keys, keys.facts(options.model, options.policies, options.kernels))


def _model_digest(kv: KVSession) -> str | None:
    """Return a digest of the model; one of the hub is loaded first, for only then it is known which revision it is."""
    try:
        files = local_files(kv.model_options, kv.tell_stage)
        if files:
            return fingerprint(files, kv.store)
    except OSError:  # loading it will say what is wrong
        return None
    if kv.options.trust_remote_code:
        return None
    revision = getattr(kv.model.model.config, "_commit_hash", None)
    return sha256(f"{kv.options.model}@{revision}".encode()).hexdigest() if revision else None
