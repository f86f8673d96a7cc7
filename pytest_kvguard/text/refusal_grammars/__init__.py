"""How one refuses in each language: one grammar per file, listed in ``table``."""
