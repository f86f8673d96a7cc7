"""The plugin's options, declared from the table and read into values. Import its modules directly."""
