"""kvpress: its presses as policies, as they are shipped, and their scores for policies of ours."""
