"""Scores: one policy per file; each says what an entry is worth."""
