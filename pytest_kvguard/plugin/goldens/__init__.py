"""Goldens: compared with a run, recorded, summed up. Import its modules directly."""
