"""Invariants: promises about a KV cache that need no judgement of text, and the suite that checks them."""
