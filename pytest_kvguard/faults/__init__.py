"""Faults: defects that happened somewhere, planted one at a time to see which tests notice."""
