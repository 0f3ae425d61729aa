"""Claims found by their idempotency keys: many at a time, each by its own account's."""

from fulfiller.wiring import Truth
from tests.contract.world import found, taken_in


def test_keys_lead_to_their_claims(truth: Truth) -> None:
    """Only keys that are bound are there, and nobody's key is mixed up with another account's."""
    found(truth)
    (first,) = taken_in(truth, "a", key="one")
    (second,) = taken_in(truth, "b", key="two")
    (other,) = taken_in(truth, "c", key="one", account="noodles")
    asked = [("shop", "one"), ("shop", "two"), ("noodles", "one"), ("noodles", "two"), ("x", "y")]
    assert truth.by_key(asked) == {
        ("shop", "one"): first,
        ("shop", "two"): second,
        ("noodles", "one"): other,
    }
    assert truth.by_key([("noodles", "two")]) == {}
