"""The backend on a Ray cluster, for a run of pytest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kvguard.errors import UsageError
from pytest_kvguard.external.optional import require_optional

if TYPE_CHECKING:
    from pytest_kvguard.backends.ray.backend import OnRay
    from pytest_kvguard.plugin.session import KVSession

__all__ = ["make_ray_backend"]


def make_ray_backend(kv: KVSession) -> OnRay:
    """Return the backend; its replicas end with the run.

    Raises:
        UsageError: Ray is not installed, or goldens are asked for.
        KVGuardError: what is wrong with the model.
    """
    if kv.options.golden.is_on:
        raise UsageError(
            "--kv-golden records what this machine computes, so it runs here: leave out --kv-executor=ray."
        )
    require_optional("ray")
    from pytest_kvguard.backends.ray.backend import OnRay

    made = OnRay(kv.model_options, kv.options.kernels, kv.options.executor.replicas)
    kv.config.add_cleanup(made.pool.close)
    return made
