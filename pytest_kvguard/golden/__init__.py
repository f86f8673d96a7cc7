"""Goldens: what was recorded of a run, and how far another run is from it. Import its modules directly."""
