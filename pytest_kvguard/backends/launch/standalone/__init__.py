"""Scripts for other interpreters, in which this package need not be installed; each is a single file."""
