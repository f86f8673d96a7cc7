"""Refactors, one per file, which no test may notice; the catalogue reads the ``REFACTOR`` of every file."""
