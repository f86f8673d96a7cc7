"""What compression costs beside instructions: collapsing samples, time, length. Values in, values out."""
