"""Finding, fetching, converting and loading a model."""
