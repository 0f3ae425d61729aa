"""The verbs: one file per thing the system does, over the ports of `port.py`."""
