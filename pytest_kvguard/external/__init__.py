"""What is not ours: optional packages, installed extensions, users' functions, HTTP. Import its modules directly."""
