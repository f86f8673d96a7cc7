"""kvpress: its presses, unmodified, as policies, and their scores for the policies of this package."""
