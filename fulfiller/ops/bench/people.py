"""Who claims in a run of millions: each follows from a number, so that nobody is remembered."""

from collections.abc import Iterable

WORD = 2**64 - 1
STEP, FIRST, SECOND = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
KEYS = 0x5851F42D4C957F2D
"""Keeps a claim's key from looking like its user."""


def user(number: int) -> str:
    """Return who makes this claim; no two numbers are the same person."""
    return f"{_scattered(number):016x}"


def key(number: int) -> str:
    """Return the idempotency key of this claim; no two numbers have the same."""
    return f"{_scattered(number ^ KEYS):016x}"


def body(campaign: str, numbers: Iterable[int]) -> bytes:
    """Return a request of the batch door with the claims of these numbers."""
    claims = ",".join(
        f'{{"campaign":"{campaign}","user":"{user(number)}","idempotency_key":"{key(number)}"}}'
        for number in numbers
    )
    return f'{{"claims":[{claims}]}}'.encode()


def _scattered(number: int) -> int:
    """Return another number of 64 bits for each, in no order: indexes must grow as with people.

    The steps of SplitMix64, each of which can be undone.
    """
    word = number * STEP & WORD
    word = (word ^ word >> 30) * FIRST & WORD
    word = (word ^ word >> 27) * SECOND & WORD
    return word ^ word >> 31
