"""The calibrated probe: data generator, training and evaluation of the model that ``--kv-model=probe`` loads."""
