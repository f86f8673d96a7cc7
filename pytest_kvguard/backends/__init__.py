"""Backends, which run conversation turns. Import their modules directly."""
