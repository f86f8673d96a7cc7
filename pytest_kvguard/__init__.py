"""pytest-kvguard: notices when KV-cache compression makes a language model forget its instructions."""

from __future__ import annotations

from pytest_kvguard.values.results import Verdict

__all__ = ["Verdict", "__version__"]

__version__ = "0.1.0"
