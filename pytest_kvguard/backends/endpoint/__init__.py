"""A backend that asks OpenAI-compatible servers. Import its modules directly."""
