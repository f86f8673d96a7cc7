"""Options: declared from the table, and read into values. Import its modules directly."""
