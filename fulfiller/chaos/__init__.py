"""Chaos: what clients saw, what the store holds in the end, and whether the two agree."""
