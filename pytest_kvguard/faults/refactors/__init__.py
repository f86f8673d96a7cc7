"""Changes that change nothing, one per file; each file's ``REFACTOR`` is found by itself. No test may notice one."""
