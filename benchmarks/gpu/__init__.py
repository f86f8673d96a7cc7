"""What a machine with one GPU should say about this project, in minutes and without a network."""
