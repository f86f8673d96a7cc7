"""The levels a recording is compared at, one file each; ``table.py`` has them in order."""
