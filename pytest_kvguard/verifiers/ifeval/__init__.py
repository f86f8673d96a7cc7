"""The instructions of IFEval, checked by program; ``table`` lists them, one file holds one family."""
