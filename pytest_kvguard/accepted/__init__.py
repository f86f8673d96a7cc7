"""Accepted losses: the file that records them, and the comparison of checks with it. Import its modules directly."""
