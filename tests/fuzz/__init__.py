"""Thousands of damaged inputs: each ends in a valid result or in an error of ours, within its time."""
