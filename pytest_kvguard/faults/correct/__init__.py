"""Correct policies as users write them, of every kind: whatever a test says against one of them is a false alarm."""
