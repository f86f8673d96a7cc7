"""Runs: what a run is made of, for pytest, notebooks and commands alike. Import its modules directly."""
