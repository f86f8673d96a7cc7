"""Runs of a suite with planted faults. Import its modules directly."""
