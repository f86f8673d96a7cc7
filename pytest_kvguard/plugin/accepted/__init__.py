"""Accepted losses in a run: comparison, update and summary. Import its modules directly."""
