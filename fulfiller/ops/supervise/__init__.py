"""A supervisor for the embedded stack: start in order, keep alive, stop in order."""
