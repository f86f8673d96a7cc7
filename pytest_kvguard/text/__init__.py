"""Text in any script: where words, sentences and lines end, what looks equal, what refuses, and what is thinking."""
