"""Locating, fetching, converting and loading a model."""
