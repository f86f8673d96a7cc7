"""transformers' caches that quantize nothing, as policies; one per file."""
