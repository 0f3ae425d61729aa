"""Collections of garbage, kept out of the way of processes that live long and make much."""

import gc

YOUNG, MIDDLE, OLD = 10_000, 20, 20
"""New objects until the youngest are looked through, and how often until the older are.

A claim leaves next to no cycles behind, and at Python's 700 a group of 500 was looked through
some twenty times while it was decided.
"""


def settle() -> None:
    """Leave what lives as long as the process out of every collection, and collect less often.

    The first full one after the start walked through all modules in the midst of the first
    load: 60 to 70 ms in which nobody was answered. What is frozen before a fork stays shared.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
