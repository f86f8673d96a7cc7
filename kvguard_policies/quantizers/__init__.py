"""Quantizers: store KV entries in fewer bits, alone or after a policy evicted some; one per file."""
