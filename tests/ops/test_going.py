"""How it goes, on real stores: rates and their use, shares of tiers, waits, in view and in JSON."""

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest

from fulfiller.domain.pace import EVERY_KEY, SERVICE_RATE
from fulfiller.domain.tier import Tier
from fulfiller.domain.validity import SECOND
from fulfiller.ops.board import LINES, WIDTH, as_json, line, text
from fulfiller.ops.pulse import Pulse
from fulfiller.wiring import Truth
from tests.ops.floor import Floor


@pytest.fixture
def floor(store: Truth) -> Iterator[Floor]:
    """A floor with one campaign."""
    opened = Floor(store)
    with closing(opened.queue):
        opened.campaign("festival")
        yield opened


def _told(pulse: Pulse, before: Pulse | None = None, number: int = 0) -> dict[str, Any]:
    told = json.loads(json.dumps(as_json(pulse, before=before), allow_nan=False))
    campaign: dict[str, Any] = told["campaigns"][number]
    return campaign | {"ceiling": told["ceiling"]}


def _screen(pulse: Pulse, before: Pulse | None = None) -> list[str]:
    lines = text(pulse, before=before).splitlines()
    assert len(lines) <= LINES
    assert max(map(len, lines[1:])) <= WIDTH
    return lines


def test_tiers_show_what_they_are_promised_and_what_they_got(floor: Floor) -> None:
    """Share guaranteed and got of late, claims that wait, the oldest against its longest wait."""
    top = floor.claims(30, Tier.P0, ago_s=90)
    low = floor.claims(10, Tier.P3, ago_s=5)
    first = floor.look()
    assert _told(first)["tiers"]["p0"]["got"] is None
    assert floor.issue(top[:15] + low[:5]) == 20
    later = replace(floor.look(), at=first.at + 4 * SECOND)
    told = _told(later, first)
    tiers = told["tiers"]
    assert [tiers[name]["waiting"] for name in ("p0", "p1", "p2", "p3")] == [15, 0, 0, 5]
    assert [tiers[name]["got"] for name in ("p0", "p1", "p2", "p3")] == [0.75, 0.0, 0.0, 0.25]
    assert sum(tier["share"] for tier in tiers.values()) == pytest.approx(0.75, abs=0.01)
    assert tiers["p0"]["share"] > tiers["p3"]["share"] > 0
    assert tiers["p0"]["oldest_s"] == pytest.approx(94, abs=5)
    assert (tiers["p0"]["longest_wait_s"], tiers["p1"]["oldest_s"]) == (60, None)
    assert told["issued_per_s"] == 5.0
    screen = _screen(later, first)
    (high,) = [line for line in screen if line.startswith("  p0")]
    (lowest,) = [line for line in screen if line.startswith("  p3")]
    assert "LATE" in high
    assert "got  75%" in high
    assert "LATE" not in lowest
    assert line(later, first).endswith(" · LATE festival/p0")
    assert not [line for line in screen if line.startswith(("  p1", "  p2"))]


def test_rates_show_their_limit_and_how_much_of_it_is_used(floor: Floor) -> None:
    """The service's ceiling, the campaign's own, and nothing of what has none."""
    assert (_told(floor.look())["ceiling"], _told(floor.look())["issuing_rate"]) == (None, None)
    floor.rate(SERVICE_RATE, "4/h")
    floor.rate(("festival", EVERY_KEY), "2/h")
    ids = floor.claims(9, Tier.P2)
    before = floor.look()
    assert _told(before)["issuing_rate"] == {"rate": "2/h", "per_s": 0.001, "used": 0.0}
    assert floor.issue(ids) == 2
    after = replace(floor.look(), at=before.at + SECOND)
    told = _told(after, before)
    assert told["issuing_rate"]["used"] == pytest.approx(1.0, abs=0.01)
    assert told["ceiling"]["used"] == pytest.approx(1.0, abs=0.01)
    assert (told["ceiling"]["rate"], told["ceiling"]["issued_per_s"]) == ("4/h", 2.0)
    assert " · ceiling 4/h over all campaigns, 100% used" in line(after, before)
    screen = _screen(after, before)
    assert "ceiling   4/h over all campaigns, 100% used" in screen
    assert "  issuing rate 2/h · issued 2.0/s · 100% used" in screen


def test_a_limited_key_shows_who_waits_for_it(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Limit, use, claims over tiers and callers, and their age, which is not their tiers'."""
    floor.rate(("festival", "shop-7"), "2/h")
    ids = floor.claims(4, Tier.P1, ago_s=300, limit_key="shop-7")
    ids += floor.claims(3, Tier.P2, limit_key="shop-7", account="other")
    floor.claims(2, Tier.P2, limit_key="shop-8")
    assert floor.issue(ids) == 2
    seen = floor.look()
    told = _told(seen)
    (limit,) = told["limits"]
    assert (limit["limit_key"], limit["rate"], limit["waiting"]) == ("shop-7", "2/h", 5)
    assert limit["used"] == pytest.approx(1.0, abs=0.01)
    assert not limit["more_waiting"]
    assert told["tiers"]["p1"]["oldest_s"] is None
    assert told["tiers"]["p1"]["waiting"] + told["tiers"]["p2"]["waiting"] == 7
    (line,) = [line for line in _screen(seen) if line.startswith("  shop-7")]
    assert "limit 2/h, 100% used · 5 wait" in line
    monkeypatch.setattr("fulfiller.service.traffic.COUNTED_MAX", 2)
    (counted,) = _told(floor.look())["limits"]
    assert (counted["waiting"], counted["more_waiting"]) == (4, True)
    assert "4+ wait" in "\n".join(_screen(floor.look()))


def test_it_stays_one_screen_with_everything_on_it(floor: Floor) -> None:
    """Many campaigns, tiers and limits: vitals before details, and what is left out is counted."""
    floor.rate(SERVICE_RATE, "500/s")
    for number in range(4):
        name = f"campaign-{number}"
        floor.campaign(name, issuing_rate="100/s")
        for shop in range(3):
            floor.rate((name, f"shop-{shop}-of-a-very-long-name-indeed"), "2000/h")
            key = f"shop-{shop}-of-a-very-long-name-indeed"
            floor.claims(2, Tier.P2, campaign=name, limit_key=key)
        for tier in Tier:
            floor.claims(3, tier, campaign=name, ago_s=10_000)
    screen = _screen(floor.look())
    assert sum("threshold" in line for line in screen) == 4
    assert len(screen) == LINES
    assert any("lines more: --json" in line for line in screen)
