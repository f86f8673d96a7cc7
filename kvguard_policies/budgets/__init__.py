"""Budgets: how entries are divided between layers and heads, over any score."""
