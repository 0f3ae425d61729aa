"""What is asked of a door that more people want to enter than can."""

import pytest

from fulfiller.ops.bench.overload import Unanswered, check


def test_a_place_and_the_word_to_come_again_are_answers() -> None:
    """Whoever has one of them knows what to do."""
    check({"202": 6, "200": 1, "503": 2, "429": 1}, 10)


@pytest.mark.parametrize("status", ["lost", "500", "404", "503 without Retry-After"])
def test_anything_else_is_none(status: str) -> None:
    """One in a hundred thousand is one too many, and is named."""
    with pytest.raises(Unanswered, match=f"1 got {status}"):
        check({"202": 99_999, status: 1}, 100_000)


def test_nobody_is_forgotten() -> None:
    """A claim that was sent and of which nothing is known has no answer either."""
    with pytest.raises(Unanswered, match="of 10 claims 9"):
        check({"202": 9}, 10)
