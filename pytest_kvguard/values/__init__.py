"""Frozen values that cross layers and processes: no torch, no pytest, no I/O. Import its modules directly."""
