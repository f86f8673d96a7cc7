"""Runs with planted faults. Import its modules directly."""
