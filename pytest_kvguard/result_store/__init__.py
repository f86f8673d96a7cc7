"""The result store: results on disk, by a digest of all their inputs. Import its modules directly."""
