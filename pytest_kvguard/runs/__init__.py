"""Runs: options, settings, cells and backends, for pytest, notebooks and commands. Import the modules directly."""
