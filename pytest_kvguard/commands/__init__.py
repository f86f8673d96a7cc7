"""The commands of ``python -m pytest_kvguard COMMAND``: one file each, all listed in ``table``."""
