"""Statistics of paired runs: tests, intervals, multiplicity, sequential stopping. Import their modules directly.

Where nothing was measured the answer is None, shown as "n/a"; it is never 0.
"""
