"""Starts both arms' servers on this machine, and ends them with the run. Import its modules directly."""
