"""Where a text has web addresses, whose signs end no word and no sentence."""

from __future__ import annotations

from pytest_kvguard.text.pattern import Pattern
from pytest_kvguard.text.scripts import UNSPACED

__all__ = ["ADDRESS", "address_spans", "has_address_signs"]

# A closing bracket belongs to an address only with its opening one, so that Markdown's [text](address) ends in time,
# and a mark only where more follows it.
_SIGN = rf"[^\s<>()\[\]\"“”„«»`|.,;:!?'’*_…~\p{{Cs}}\p{{Extended_Pictographic}}、。，！？；：「」『』（）{UNSPACED}]"
_REST = rf"(?:[.,;:!?'’*_…~]*+(?:{_SIGN}|\([^\s()<>]*+\)))++"
ADDRESS = (
    rf"(?<![a-zA-Z0-9.+-])(?:(?i:[a-z][a-z0-9+.-]{{1,20}}://|mailto:|www\.)){_REST}"
    rf"|(?<![\w.@-])[\w-]++(?:\.[\w-]++)++/{_REST}"
)
"""The pattern of a web address: a scheme, "www.", or a dotted name with a path."""

_ADDRESS = Pattern(ADDRESS)
_SIGNS = Pattern(r"/|(?i:www\.|mailto:)")


def address_spans(text: str) -> list[tuple[int, int]]:
    """Return the spans of the web addresses in a text; marks that end a sentence after one are left out."""
    return [found.span() for found in _ADDRESS.finditer(text)] if has_address_signs(text) else []


def has_address_signs(text: str) -> bool:
    """Return whether a text may have web addresses; if not, none need be searched."""
    return _SIGNS.search(text) is not None
