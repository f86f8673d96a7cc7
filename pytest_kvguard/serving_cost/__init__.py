"""What compression costs beside instructions: collapsing samples, time, length, routing. Values in, values out."""
