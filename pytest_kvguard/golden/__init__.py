"""Goldens: recordings of runs, and comparisons of later runs with them. Import its modules directly."""
