"""Commands beside the plugin, ``python -m pytest_kvguard COMMAND``: one file per command, all in ``table``."""
