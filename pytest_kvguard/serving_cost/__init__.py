"""Costs of compression other than lost instructions: collapsing samples, time and reply length."""
