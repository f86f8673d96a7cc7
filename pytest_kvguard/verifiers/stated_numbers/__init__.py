"""The numbers that a reply states: whole numerals, in the notation of a locale, with their units."""

from __future__ import annotations

from pytest_kvguard.verifiers.stated_numbers.statements import Statement, statements

__all__ = ["Statement", "statements"]
