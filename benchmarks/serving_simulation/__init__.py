"""Requests over servers that compress or do not, simulated as discrete events."""
