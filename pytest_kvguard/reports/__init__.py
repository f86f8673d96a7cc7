"""Reports: results in, text out. No I/O, no pytest."""
