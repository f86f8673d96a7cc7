"""Faults, one per file; each file's ``FAULT`` is found by itself."""
