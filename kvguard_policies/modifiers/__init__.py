"""Modifiers: wrap any policy to protect or balance spans of the prompt."""
