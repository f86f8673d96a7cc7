"""Frozen values that cross layers and processes, without torch, pytest or I/O. Import the modules directly."""
