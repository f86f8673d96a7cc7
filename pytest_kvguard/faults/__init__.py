"""Faults: reported defects, planted one at a time to see which tests notice them."""
