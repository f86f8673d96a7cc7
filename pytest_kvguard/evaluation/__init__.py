"""Evaluation: runs both arms of every comparison and gives each instruction its verdict."""
