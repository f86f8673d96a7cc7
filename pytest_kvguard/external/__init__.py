"""Third-party code and services: optional packages, extensions, users' functions, HTTP. Import the modules directly."""
