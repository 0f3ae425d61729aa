"""The day's pause: brought where the flood is too small for it, or its lack is said."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from fulfiller.domain.breaker import Mode
from fulfiller.domain.campaign import Campaign
from fulfiller.domain.pace import Rate
from fulfiller.ops.demo import festival
from fulfiller.ops.demo.reading import Reading, Track
from fulfiller.ops.demo.squeeze import FROM, SHARE, STEP_S, Squeeze
from fulfiller.store.opening import open_store
from fulfiller.wiring import Truth

SPAN_S = 20.0
SPEED = festival.Speed(10_000, SPAN_S)
PEAK_S = FROM * SPAN_S
PACE = 100
"""Claims a second that come, and are issued at once."""


@dataclass
class Day:
    """A day of which every second is told, with what is said and the rate that holds."""

    store: Truth
    campaign: Campaign
    track: Track = field(default_factory=Track)
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Watch it."""
        self._squeeze = Squeeze(self.store, self.campaign, self.track, self._say)

    def at(
        self,
        elapsed_s: float,
        mode: Mode = Mode.FLOWING,
        *,
        backlog: int = 3,
        issued: int = 0,
        played: bool = False,
    ) -> None:
        """Tell how it stands at a moment."""
        issued = issued or round(elapsed_s * PACE)
        reading = Reading(elapsed_s=elapsed_s, issued=issued, backlog=backlog, mode=mode)
        self.track.readings.append(reading)
        self._squeeze.follow(SPAN_S, played=played)

    @property
    def rate(self) -> Rate:
        """The issuing rate that holds now."""
        return self.store.rates(festival.NAME)[0].rate

    def _say(self, text: str, *, alarm: bool = False) -> None:
        self.said.append(f"{'!' if alarm else ''}{text}")


@pytest.fixture
def day(sqlite_url: str) -> Iterator[Day]:
    """A day that was made for more than comes."""
    store = open_store(sqlite_url)
    campaign = festival.open_campaign(festival.NAME, coupons=9, store=store, speed=SPEED)
    yield Day(store, campaign)
    store.close()


def test_a_flood_that_pauses_by_itself_is_left_alone(day: Day) -> None:
    """Before, while and after it."""
    usual = day.rate
    for elapsed_s, mode in ((2, Mode.FLOWING), (9, Mode.PAUSED), (13, Mode.FLOWING)):
        day.at(elapsed_s, mode)
    day.at(SPAN_S, played=True)
    assert (day.rate, day.said) == (usual, [])


def test_a_flood_that_is_too_small_is_issued_slower_until_it_pauses(day: Day) -> None:
    """A share of what comes, and of that again; as usual from the pause on, however it ends."""
    usual = day.rate
    day.at(PEAK_S - 2)
    assert day.rate == usual
    day.at(PEAK_S)
    lowered = day.rate
    assert lowered == Rate.parse(f"{PACE * SHARE:.0f}/s")
    day.at(PEAK_S + STEP_S / 2)
    assert day.rate == lowered
    day.at(PEAK_S + STEP_S, Mode.PAUSED)
    day.at(PEAK_S + 2 * STEP_S)
    day.at(SPAN_S, played=True)
    assert day.rate == usual
    assert [line.partition(":")[0] for line in day.said] == [
        "Fewer come than this day was made for",
        f"The issuing rate is {usual} again.",
    ]


def test_a_rate_that_brings_no_pause_is_lowered_again(day: Day) -> None:
    """By as much, for what is issued meanwhile is all that comes; but never to nothing."""
    day.at(PEAK_S)
    lowered, issued = day.rate, round(PEAK_S * PACE)
    day.at(PEAK_S + STEP_S, issued=issued + round(lowered.per_s * STEP_S))
    assert day.rate == Rate.parse(f"{PACE * SHARE * SHARE:.0f}/s")
    day.at(PEAK_S + 2 * STEP_S, issued=issued + round(lowered.per_s * STEP_S))
    assert day.rate == Rate.parse("1/s")


def test_a_day_without_a_pause_says_so_and_why(day: Day) -> None:
    """When nobody comes any more, there will be none; a backlog beyond it still brings one."""
    usual = day.rate
    threshold = day.campaign.backlog_threshold or 0
    day.at(PEAK_S, backlog=7)
    day.at(SPAN_S, played=True, backlog=threshold + 1)
    assert len(day.said) == 2
    day.at(SPAN_S + 1, played=True)
    assert day.rate == usual
    assert day.said[-1].startswith(
        f"!No pause today: the backlog was {threshold + 1} at most, beyond {threshold} it pauses."
        f" This machine took in {PACE} claims a second"
    )
    day.at(SPAN_S + 2, played=True)
    assert len(day.said) == 4
