"""Frozen values that cross layers and processes. No torch, no pytest, no I/O."""
