"""Faults: everything that is done on purpose to a running stack, and how it is seen to be done."""
