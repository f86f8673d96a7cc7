"""The language that IFEval sees in a text: langdetect's, seeded so that the same text always gets the same answer."""

from __future__ import annotations

from functools import lru_cache

from pytest_kvguard.external.optional import load_optional

__all__ = ["UNDETECTABLE", "detect_language"]

UNDETECTABLE = ""
"""The answer for a text without a letter of any known language."""

SEED = 0


@lru_cache(maxsize=4096)
def detect_language(text: str) -> str:
    """Return the code of the most likely language, e.g. ``en`` or ``zh-cn``, or ``UNDETECTABLE``.

    Raises:
        UsageError: langdetect is not installed.
    """
    langdetect = load_optional("langdetect")
    detector_factory = langdetect.detector_factory
    detector_factory.init_factory()
    detector = detector_factory._factory.create()
    # The seed is set on this detector alone: the library's own seed is global, and the user's code may rely on it.
    detector.seed = SEED
    detector.append(text)
    try:
        return str(detector.detect())
    except langdetect.LangDetectException:
        return UNDETECTABLE
