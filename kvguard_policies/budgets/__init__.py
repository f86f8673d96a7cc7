"""Policies that divide the budget between layers or heads, over the scores of any policy."""
