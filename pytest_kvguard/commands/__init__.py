"""The contract author's commands: ``python -m pytest_kvguard new|validate|explain``. One file per command."""
