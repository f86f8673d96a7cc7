"""Statistics of paired runs: tests, intervals, multiplicity, sequential stopping. Import the modules directly.

A function returns None, never 0, if nothing was measured; reports show that as "n/a".
"""
