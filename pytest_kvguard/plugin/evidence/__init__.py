"""Evidence: what items tell, on its way to the reports. Import its modules directly."""
