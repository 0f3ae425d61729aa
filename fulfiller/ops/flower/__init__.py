"""Flower, closed: a password always, loopback by default, looking on unless asked for more."""
