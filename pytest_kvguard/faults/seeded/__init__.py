"""Faults, one per file; the catalogue reads the ``FAULT`` of every file."""
