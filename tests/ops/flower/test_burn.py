"""How the budget goes: judged by what was seen of it, and told over no more than that."""

from fulfiller.ops.flower.burn import LATELY, Burn, burn
from fulfiller.ops.flower.history.sample import NOBODY, Levels, Sample

SECOND = 1_000_000
NOON = 1_770_379_200 * SECOND
FULL = 10_000


def seen(second: int, available: int) -> Sample:
    """Return a campaign of which so much was left so many seconds after noon."""
    levels = Levels(
        backlog=NOBODY,
        waitlisted=0,
        parked=0,
        available=available,
        reserved=0,
        threshold=None,
        resume_at=None,
        oldest_s=0.0,
    )
    return Sample(NOON + second * SECOND, (0, 0, 0, 0), levels)


def test_an_end_is_told_at_the_pace_of_what_was_seen() -> None:
    """Ten of ten thousand each second for 20 s: 9,800 last for 980 s more."""
    now = NOON + 20 * SECOND
    going = burn([seen(second, FULL - 10 * second) for second in range(21)], 9_800, now)
    assert going == Burn(9_800, 10.0, now + 980 * SECOND, 20 * SECOND)


def test_it_is_told_over_what_was_seen_and_no_longer_than_lately() -> None:
    """Who has looked for 11 s speaks of 11 s; who has looked for an hour of five minutes."""
    brief = burn([seen(0, FULL), seen(11, FULL)], FULL, NOON + 11 * SECOND)
    assert (brief.per_s, brief.ends_at, brief.over) == (0.0, None, 11 * SECOND)
    hour = [seen(second, FULL - second) for second in range(3_600)]
    assert burn(hour, FULL, hour[-1].at).over == LATELY


def test_nothing_is_told_of_what_was_seen_once() -> None:
    """Money that was seen at one moment has no pace."""
    assert burn([seen(0, FULL)], FULL, NOON) == Burn(FULL, None, None)
    assert burn([], FULL, NOON).per_s is None


def test_money_that_comes_back_is_no_reason_to_expect_more() -> None:
    """A campaign whose budget grew has no pace below zero, and no end."""
    going = burn([seen(0, 5_000), seen(10, FULL)], FULL, NOON + 10 * SECOND)
    assert (going.per_s, going.ends_at) == (0.0, None)
