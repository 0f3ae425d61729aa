"""The status: one word, why, and one screen; the same in JSON, and again each second."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from click.testing import CliRunner, Result

from fulfiller.domain.breaker import Breaker, Forced, Mode, Reading
from fulfiller.domain.campaign import Phase
from fulfiller.domain.mode import SERVICE, Gauge, ModeRow
from fulfiller.domain.money import Money
from fulfiller.domain.tier import Tier
from fulfiller.ops.board import as_json, text
from fulfiller.ops.cli import cli
from fulfiller.ops.figures import Figures
from fulfiller.ops.pulse import Pulse, Word
from fulfiller.store.opening import open_store
from tests.ops.pausing import pause
from tests.ops.test_runbook import NAMES
from tests.processes import ROOT

FESTIVAL = str(ROOT / "config/campaigns/spring-festival.toml")
NOBODY = "127.0.0.1:9"
ROWS, COLUMNS = 24, 80
READY_S = 30.0
SECOND = 1_000_000
NOW = 1_770_339_600 * SECOND
HEALTHY = Pulse(
    at=0,
    service=ModeRow(scope=SERVICE),
    campaigns=(),
    slots=2,
    keeper="host 4711",
    depths=dict.fromkeys(Tier, 0),
)
PAUSED = ModeRow(scope=SERVICE, mode=Mode.PAUSED, cause="backlog 12,431 > threshold 10,000")
HELD = ModeRow(
    scope="festival",
    held=True,
    hold=Forced(reason="wrong value", actor="operator:li", until=NOW + 600 * SECOND),
    switched_at=NOW - 180 * SECOND,
)
TRIPPED = ModeRow(
    scope="festival",
    mode=Mode.PAUSED,
    since=NOW - 32 * SECOND,
    cause="backlog 12,431 > threshold 10,000",
)
FORCED = Forced(reason="full", actor="operator:li", until=NOW + 600 * SECOND)
GAUGE = Gauge(
    at=NOW,
    reading=Reading(backlog=12_400, rate=412.2, oldest_s=28.4),
    threshold=10_000,
    resume_at=5_000,
)
Run = Callable[..., Result]


@pytest.fixture
def run(environ: dict[str, str]) -> Run:
    """Run a command with these settings."""
    return lambda *words: CliRunner().invoke(cli, words, env=environ)


@pytest.mark.parametrize(
    ("pulse", "word"),
    [
        (HEALTHY, Word.FLOWING),
        (replace(HEALTHY, service=ModeRow(scope=SERVICE, mode=Mode.RAMPING)), Word.RAMPING),
        (replace(HEALTHY, keeper=None), Word.DEGRADED),
        (replace(HEALTHY, slots=0), Word.DEGRADED),
        (replace(HEALTHY, depths=None), Word.DEGRADED),
        (replace(HEALTHY, service=ModeRow(scope=SERVICE, held=True)), Word.HELD),
        (replace(HEALTHY, service=PAUSED), Word.PAUSED),
        (replace(HEALTHY, service=PAUSED, keeper=None), Word.PAUSED),
        (replace(HEALTHY, service=replace(PAUSED, held=True), slots=0), Word.PAUSED),
    ],
)
def test_one_word_says_how_the_service_is(pulse: Pulse, word: Word) -> None:
    """What was decided comes before what is missing; the screen opens with it, and with why."""
    assert pulse.word is word
    first, *rest = text(pulse).splitlines()
    assert first.endswith(f"{word}\x1b[0m")
    assert [reason for reason in pulse.reasons if f"  {reason}" not in rest] == []
    assert bool(pulse.reasons) == (word is not Word.FLOWING)


def test_why_it_is_paused_is_said_with_the_figures_that_decided() -> None:
    """The cause stands in the mode's row and reaches the screen."""
    assert "backlog 12,431 > threshold 10,000" in text(replace(HEALTHY, service=PAUSED))


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (TRIPPED, "paused for 32 s: backlog 12,431 > threshold 10,000"),
        (
            replace(TRIPPED, breaker=Breaker(mode=Mode.PAUSED, forced=FORCED)),
            "paused for 32 s by operator:li until 01:10:00Z: full",
        ),
        (
            replace(TRIPPED, mode=Mode.FLOWING, breaker=Breaker(forced=FORCED)),
            "flowing for 32 s by operator:li until 01:10:00Z: full",
        ),
        (HELD, "held for 3 min by operator:li until 01:10:00Z: wrong value"),
        (
            replace(TRIPPED, cause="late", held=True, hold=HELD.hold, switched_at=NOW),
            "paused for 32 s: late; held by operator:li until 01:10:00Z: wrong value",
        ),
        (
            replace(
                TRIPPED,
                mode=Mode.RAMPING,
                breaker=Breaker(
                    mode=Mode.RAMPING, since=NOW - 32 * SECOND, until=NOW + 32 * SECOND
                ),
            ),
            "ramping for 32 s, admitting at 55% of the pace, full at 01:00:32Z",
        ),
    ],
)
def test_a_campaign_says_since_when_why_and_by_whom(row: ModeRow, words: str) -> None:
    """In a reason of the screen, whole in the JSON."""
    campaign = replace(figures_of(7, row=row), campaign="festival")
    pulse = replace(HEALTHY, at=NOW, campaigns=(campaign,))
    assert pulse.reasons[0] == f"festival is {words}"
    assert f"  festival is {words}"[:79] in text(pulse)
    assert campaign.as_json()["says"] == words


def test_a_busy_campaign_shows_what_it_is_judged_by() -> None:
    """Threshold, resume mark, rate, time to drain and age, below its line while there is room."""
    busy = figures_of(12_431, row=TRIPPED, gauge=GAUGE)
    still = figures_of(12_431, row=TRIPPED, gauge=replace(GAUGE, reading=Reading(rate=0.0)))
    idle = figures_of(0, row=ModeRow(scope="festival"))
    screen = text(replace(HEALTHY, at=NOW, campaigns=(busy, still, idle))).splitlines()
    assert screen[-5:-3] == [
        "a-campaign-with-a-n…  active  paused    12,431           0  0.00 CNY",
        "  threshold 10,000 · resume 5,000 · 412/s · drain 30 s · oldest 28 s",
    ]
    assert screen[-2] == "  threshold 10,000 · resume 5,000 · 0/s · drain never · oldest 0 s"
    assert "flowing" in screen[-1]
    told = busy.as_json()
    assert (told["threshold"], told["resume_at"], told["rate_per_s"]) == (10_000, 5_000, 412.2)
    assert (told["drain_s"], told["oldest_s"]) == (30.2, 28.4)
    assert json.loads(json.dumps(still.as_json(), allow_nan=False))["drain_s"] is None


def test_it_is_one_screen_however_many_campaigns_there_are() -> None:
    """24 lines of 80 columns: what runs and waits comes first, the rest is counted."""
    campaigns = tuple(
        figures_of(number, phase=Phase.ENDED if number < 30 else Phase.ACTIVE)
        for number in range(60)
    )
    screen = text(replace(HEALTHY, at=NOW, campaigns=campaigns, keeper=None)).splitlines()
    assert len(screen) < ROWS
    assert max(map(len, screen[1:])) <= COLUMNS
    assert "59" in next(line for line in screen if "active" in line).split()[3]
    assert not any("ended" in line for line in screen)
    shown = sum("active" in line for line in screen)
    assert f"and {60 - shown} more" in screen[-1]


def test_the_screen_needs_no_broker(run: Run) -> None:
    """A broker that is away is a reason, not a failure; the store's figures are all there."""
    run("campaign", "create", FESTIVAL)
    screen = run("status")
    assert screen.exit_code == 0
    assert screen.stdout.startswith("degraded\n")
    words = ("flowing", "spring-festival", "wait in the store", "NONE LEADS")
    assert [word for word in words if word not in screen.stdout] == []
    answer = json.loads(run("status", "--json").stdout)
    assert (answer["word"], answer["broker"], answer["keeper"]) == ("degraded", None, None)
    assert (answer["service"]["mode"], answer["service"]["held"]) == ("flowing", False)
    assert len(answer["reasons"]) == 3


@pytest.mark.parametrize("number", range(1, 25))
def test_what_is_shown_below_a_line_never_breaks_the_screen(number: int) -> None:
    """However many are busy, whatever their figures: lines stay and details give way."""
    gauge = Gauge(
        at=NOW,
        reading=Reading(rate=123_456.0, oldest_s=7_000.0),
        threshold=123_456_789,
        resume_at=61_728_394,
    )
    row = replace(TRIPPED, cause="x" * 200)
    campaigns = tuple(figures_of(10**7 + each, row=row, gauge=gauge) for each in range(number))
    screen = text(replace(HEALTHY, at=NOW, campaigns=campaigns)).splitlines()
    assert len(screen) < ROWS
    assert max(map(len, screen[1:])) <= COLUMNS
    rows = [line for line in screen if " active " in line]
    hidden = number - len(rows)
    assert (f"and {hidden} more: fulfiller campaign" in screen[-1]) is (hidden > 0)


def test_the_leading_keeper_is_named(run: Run, sqlite_url: str) -> None:
    """Who holds the lease is shown for as long as it lasts."""
    store = open_store(sqlite_url)
    store.lease("keeper", "host-a 4711", ttl_s=60)
    assert "host-a 4711" in run("status").stdout
    assert json.loads(run("status", "--json").stdout)["keeper"] == "host-a 4711"
    store.release_lease("keeper", "host-a 4711")
    assert json.loads(run("status", "--json").stdout)["keeper"] is None
    store.close()


def test_a_paused_service_ends_with_four(run: Run, sqlite_url: str) -> None:
    """A script tells a paused service by the exit code."""
    pause(sqlite_url)
    done = run("status")
    assert done.exit_code == 4
    assert done.stdout.startswith("paused\n")


def figures_of(
    number: int, *, phase: Phase = Phase.ACTIVE, row: ModeRow = HELD, gauge: Gauge | None = None
) -> Figures:
    """Return the figures of a campaign with a long name and as long a backlog as its number."""
    zero = Money(0, "CNY")
    return Figures(
        campaign=f"a-campaign-with-a-name-that-goes-on-{number}",
        phase=phase,
        at=NOW,
        row=row,
        gauge=gauge or Gauge(at=0, reading=Reading()),
        entered=number,
        backlog=number,
        waitlisted=0,
        parked=1,
        issued=0,
        declined=0,
        cancelled=0,
        budget=zero,
        reserved=zero,
        left=zero,
    )


def test_who_was_refused_stands_on_a_line_of_its_own() -> None:
    """With the pace since the look before and the commonest reasons; else nothing."""
    codes = {"sold_out": 1_200_000, "user_limit": 30, "ended": 2, "identity_taken": 1}
    campaign = replace(figures_of(0), refused_by=codes)
    before = replace(campaign, refused_by=codes | {"sold_out": 1_199_990})
    looks = [
        replace(HEALTHY, at=at, campaigns=(each,))
        for at, each in ((NOW, before), (NOW + SECOND, campaign))
    ]
    said = next(line for line in text(looks[1], before=looks[0]).splitlines() if "refused" in line)
    assert said == "refused   1,200,033 (10/s): sold_out 1,200,000, user_limit 30, ended 2, …"
    assert "refused" not in text(HEALTHY)
    assert campaign.as_json()["refused"] == 1_200_033
    told = json.loads(json.dumps(as_json(looks[1], before=looks[0])))["campaigns"][0]
    assert (told["refused_by"], told["refused_per_s"]) == (codes, 10.0)


def test_each_trouble_names_the_page_about_it() -> None:
    """Each once, the worst first, on one line and for programs; where all is well there is none."""
    figures = replace(figures_of(0), phase=Phase.ACTIVE)
    ill = replace(HEALTHY, service=PAUSED, campaigns=(figures,), keeper=None, slots=0, depths=None)
    pages = ["paused-too-long", "no-keeper", "worker-lost", "broker-lost", "poison"]
    assert as_json(ill)["runbooks"] == pages
    said = next(line for line in text(ill).splitlines() if "runbook" in line)
    assert said.startswith("  fulfiller runbook paused-too-long, no-keeper, ")
    assert {each.runbook for each in ill.troubles} <= NAMES
    assert (as_json(HEALTHY)["runbooks"], "runbook" in text(HEALTHY)) == ([], False)
