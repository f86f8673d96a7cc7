"""Policies that score cache entries, one per file."""
