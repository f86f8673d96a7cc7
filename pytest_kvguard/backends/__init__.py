"""Backends: where a conversation turn is run. Import their modules directly."""
