"""Oracles, one per file: a function from a subject to a finding, or to nothing when the promise holds."""
