"""The data generator, training and evaluation of smolguard, the default model."""
