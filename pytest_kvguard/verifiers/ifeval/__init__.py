"""The checks of IFEval's instructions: one family per file, listed in ``table``."""
