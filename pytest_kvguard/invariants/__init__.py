"""Invariants: promises about a KV cache that can be checked without judging text; also a test suite to run."""
