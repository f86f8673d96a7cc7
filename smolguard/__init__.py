"""The default model: data generator, training and evaluation of what ``--kv-model=smolguard`` loads."""
