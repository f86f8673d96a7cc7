"""Support for runs over xdist's workers. Import its modules directly."""
