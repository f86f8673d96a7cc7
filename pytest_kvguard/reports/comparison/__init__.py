"""Runs compared by their JSON reports: items in pairs, a test over prompts, and all that moved. Import the modules."""
