"""The backend for OpenAI-compatible servers. Import its modules directly."""
