"""Evaluation: runs both arms of every comparison and says what became of each instruction."""
