"""What was computed once, on disk, by the digest of all it depends on. Import its modules directly."""
