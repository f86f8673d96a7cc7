"""The way of events from items to reports. Import its modules directly."""
