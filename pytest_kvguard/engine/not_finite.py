"""The error of a reply of which no further token can be chosen, because the logits are NaN or infinite."""

from __future__ import annotations

from pytest_kvguard.engine.jobs import Job
from pytest_kvguard.errors import RunError

__all__ = ["not_finite"]


def not_finite(job: Job, token: int) -> RunError:
    """Return the error of a job whose logits are not finite at a reply token."""
    under = f"under {job.cell.label}" if job.compresses else "uncompressed"
    return RunError(
        f"the model's logits {under} are NaN or infinite at reply token {token}, so that no token can be chosen. Check "
        "its weights and its dtype (--kv-dtype=float32 has the widest range); if this happens under a policy alone, "
        "look for a division by zero or an empty cache in it."
    )
