"""Modifiers: wrappers around any policy that protect or balance instruction spans."""
