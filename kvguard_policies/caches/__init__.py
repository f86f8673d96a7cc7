"""Caches of transformers that do not quantize, as policies, one per file."""
