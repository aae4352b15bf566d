"""The two services: the API owns all data, the renderer owns the signing keys."""
