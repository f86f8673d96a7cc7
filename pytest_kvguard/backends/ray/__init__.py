"""The backend on a Ray cluster. Import its modules directly; they need the extra ``ray``."""
