"""The simulator: the verbs of production on simulated stores, brokers, clocks and processes.

One seed decides everything that happens: who runs when, what is asked for, what breaks. The
verbs are the functions of `fulfiller.service` as they are; only the ports are simulated.
"""
