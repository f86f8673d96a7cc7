"""Quantizers, one per file: they store cache entries in fewer bits, alone or after a policy has evicted some."""
