"""The backend for a Ray cluster. Import its modules directly; they need the extra ``ray``."""
