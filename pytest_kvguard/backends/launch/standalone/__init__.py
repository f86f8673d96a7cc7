"""Scripts that other interpreters run, which need not have this package; each is a file that stands alone."""
