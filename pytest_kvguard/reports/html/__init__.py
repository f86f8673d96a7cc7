"""The report for readers: one HTML file that needs no network. Import ``page`` directly."""
