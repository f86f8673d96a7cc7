"""Runs spread over the workers of xdist. Import its modules directly."""
