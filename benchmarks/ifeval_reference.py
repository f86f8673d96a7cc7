"""The public reference of IFEval's checks, as the Language Model Evaluation Harness (``lm_eval``) ships it."""

from __future__ import annotations

import importlib
import importlib.util
import logging
import random
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from pytest_kvguard.errors import UsageError

__all__ = ["Reference"]

INSTALL = "pip install --no-deps lm-eval immutabledict llama-index-core"
PUNKT = Path("core/_static/nltk_cache")
"""The folder of NLTK's own Punkt data in ``llama-index-core``; NLTK would download it otherwise."""
SEED = 0


class Reference:
    """The reference's judgement of replies, with its language detection and random draws seeded."""

    def __init__(self) -> None:
        """Load the reference.

        Raises:
            UsageError: the reference, or the data it needs, is not installed.
        """
        harness, data = _folder("lm_eval"), _folder("llama_index") / PUNKT
        if not data.is_dir():
            raise UsageError(f"{data} does not exist, so the reference has no Punkt data. Run: {INSTALL}")
        # NLTK reads NLTK_DATA as it is imported, which another caller may have done before.
        search = importlib.import_module("nltk.data").path
        if str(data) not in search:
            search.append(str(data))
        # The package of tasks would import the whole harness, which the checks do not need.
        tasks = ModuleType("lm_eval.tasks")
        tasks.__path__ = [str(harness / "tasks")]
        sys.modules.setdefault("lm_eval.tasks", tasks)
        self._checks: Any = importlib.import_module("lm_eval.tasks.ifeval.utils")
        logging.getLogger("lm_eval.tasks.ifeval.instructions").setLevel(logging.CRITICAL)

    def judge(self, names: Sequence[str], kwargs: Sequence[Mapping[str, Any]], reply: str, mode: str) -> list[bool]:
        """Return whether a reply follows each instruction, read strictly or loosely."""
        from langdetect import DetectorFactory

        before, DetectorFactory.seed = DetectorFactory.seed, SEED
        random.seed(SEED)
        row = self._checks.InputExample(0, list(names), "", list(kwargs))
        try:
            judged = getattr(self._checks, f"test_instruction_following_{mode}")(row, reply)
        finally:
            DetectorFactory.seed = before
        return list(judged.follow_instruction_list)


def _folder(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise UsageError(f"the reference needs {package}, which is not installed. Run: {INSTALL}")
    return Path(next(iter(spec.submodule_search_locations)))
