"""Comparison, recording and summary of goldens. Import its modules directly."""
