"""The HTTP door: claims come in, are committed in groups, and are told about."""
