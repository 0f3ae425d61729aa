"""Tens of thousands in line: served in order, at the ramp's pace, and as they were told."""

import sys
from itertools import accumulate
from statistics import median

import pytest

from fulfiller.clock import new_claim_id
from fulfiller.domain.breaker import RAMP_FROM, SECOND
from fulfiller.domain.campaign import BreakerTerms, Campaign
from fulfiller.domain.claim import ClaimId, Request
from fulfiller.domain.estimate import Wait
from fulfiller.domain.event import Kind
from fulfiller.domain.outcome import Accepted
from fulfiller.domain.pace import Rate
from fulfiller.domain.stripe import Count, counted
from fulfiller.domain.tier import Tier
from fulfiller.ops.supervise.stack import Stack
from fulfiller.service.accept import accept
from fulfiller.service.admit import ROUND_MAX
from fulfiller.service.decide import Round
from fulfiller.service.outlook import wait_of
from fulfiller.service.steer import Act, pause
from fulfiller.store.proof import prove
from fulfiller.wiring import Truth
from tests.stack.opening import PAGE, events, opened, spans
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
LATER = (pytest.mark.chaos,)
LINES = [(20_000, 4), pytest.param(100_000, 8, marks=LATER)]
"""How many wait, and seconds of the ramp, which both lines outlast; the long one stands later."""
RATE = "6000/s"
PAUSE_S = 3
GROUP = 500


@pytest.mark.parametrize(("waiting", "ramp_s"), LINES)
def test_a_long_line_is_served_in_order(
    stack: Stack, truth: Truth, waiting: int, ramp_s: int
) -> None:
    """Every ticket ends in its coupon; order, ramp and the waits that were told all hold."""
    name = f"line-{waiting}"
    campaign = opened(truth, name, issuing_rate=RATE, breaker=BreakerTerms(ramp_s=ramp_s))
    act = Act(reason="a test", actor="test", now=truth.now())
    assert pause(name, act, store=truth).changed
    line = _queue_up(truth, name, waiting)
    until_at = truth.now() + PAUSE_S * SECOND
    ending = Act(reason="a test", actor="test", now=truth.now(), until=until_at)
    assert pause(name, ending, store=truth).changed
    asked_at, told = _told(truth, campaign, line)
    until(lambda: counted(truth.stripes(name), Count.ISSUED) == waiting, within_s=120)

    issued = _issued(truth, line)
    assert len(issued) == waiting
    _in_order(line, issued)
    _within_the_ramp(truth, name)
    _as_told(told, {claim_id: issued[claim_id] - asked_at for claim_id in told})
    assert [finding for finding in prove(stack.settings.store_url) if not finding.ok] == []


def _queue_up(truth: Truth, name: str, waiting: int) -> list[ClaimId]:
    """Let as many people claim, in groups as an intake would, and return their claims in line."""
    line: list[ClaimId] = []
    for start in range(0, waiting, GROUP):
        now = truth.now()
        group = [
            Request(
                account="shop",
                campaign=name,
                user=f"user-{number}",
                key=f"user-{number}",
                fingerprint=b"f" * 16,
            )
            for number in range(start, start + GROUP)
        ]
        circumstances = Round(now=now, new_id=lambda now=now: new_claim_id(now), start=start)  # type: ignore[misc]
        answers = accept(group, store=truth, circumstances=circumstances)
        line += [answer.claim.id for answer in answers if isinstance(answer, Accepted)]
    assert counted(truth.stripes(name), Count.WAITLISTED) == waiting
    return line


def _told(truth: Truth, campaign: Campaign, line: list[ClaimId]) -> tuple[int, dict[ClaimId, Wait]]:
    """Return what people all along the line are told during the pause, and when."""
    survey = truth.survey()
    places = range(500, len(line), len(line) // 100 - 3)
    waits = {
        line[place]: wait_of(campaign, survey, tier=Tier.P2, ahead=place, now=survey.now)
        for place in places
    }
    some = list(waits)[::20]
    assert truth.ahead(some) == {claim_id: line.index(claim_id) for claim_id in some}
    return survey.now, waits


def _issued(truth: Truth, line: list[ClaimId]) -> dict[ClaimId, int]:
    """Return when each claim got its coupon."""
    found: dict[ClaimId, int] = {}
    for start in range(0, len(line), PAGE):
        for claim_id, view in truth.view(line[start : start + PAGE]).items():
            if view.coupon is not None:
                found[claim_id] = view.coupon.issued_at
    return found


def _in_order(line: list[ClaimId], issued: dict[ClaimId, int]) -> None:
    """More than 99 % of the first half of the line is in the first half of those served."""
    half = len(line) // 2
    served = sorted(line, key=issued.__getitem__)
    assert len(set(line[:half]) & set(served[:half])) / half > 0.99


def _within_the_ramp(truth: Truth, name: str) -> None:
    """At no moment of the ramp were more admitted than its share of the rate had given."""
    log = events(truth, name)
    ((began, ended),) = spans(log, Kind.MODE_RAMPING)
    admitted = [e for e in log if e.kind is Kind.CLAIM_ADMITTED and e.at <= ended]
    assert admitted
    length_s, per_s = (ended - began) / SECOND, Rate.parse(RATE).per_s
    totals = accumulate(len(event.ids) for event in admitted)
    for event, total in zip(admitted, totals, strict=True):
        past_s = (event.at - began) / SECOND
        given = per_s * (RAMP_FROM * past_s + (1 - RAMP_FROM) * past_s**2 / (2 * length_s))
        assert total <= given + ROUND_MAX


def _as_told(told: dict[ClaimId, Wait], took: dict[ClaimId, int]) -> None:
    """Half of the estimates are off by less than 15 %, and four of five waits are in range."""
    errors, inside = [], 0
    for claim_id, wait in told.items():
        took_s = took[claim_id] / SECOND
        assert wait.high_s is not None
        errors.append(abs(wait.low_s - took_s) / took_s)
        inside += wait.low_s - 1 <= took_s <= wait.high_s
    sys.stdout.write(f"median error {median(errors):.1%}, in range {inside / len(told):.1%}\n")
    assert median(errors) < 0.15
    assert inside / len(told) >= 0.8
