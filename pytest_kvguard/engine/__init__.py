"""The engine: token ids in, token ids out. Import its modules directly; they load torch."""
