"""View: the public sees what concerns it, and never money, counts or whose it is."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from fulfiller.domain.breaker import Mode
from fulfiller.domain.campaign import Phase, Publication
from fulfiller.domain.claim import ClaimId, State
from fulfiller.domain.code import mint, parse
from fulfiller.domain.mode import SERVICE
from fulfiller.domain.validity import DAY, Validity, micros
from fulfiller.service.move import park
from fulfiller.service.view import (
    PublicCampaign,
    PublicClaim,
    campaign_now,
    claim_now,
    fresh_claim,
)
from tests.domain.festival import OPENING, VALUE, festival
from tests.service.stall import KEY, Stall, accepted, wish

OPENED = datetime(2026, 2, 6, 1, tzinfo=UTC)


def _seen(stall: Stall, claim: ClaimId) -> PublicClaim:
    campaign = stall.store.campaign("festival")
    assert campaign is not None
    return claim_now(stall.store.view([claim])[claim], campaign, key=KEY, now=stall.now)


def _campaign(stall: Stall) -> PublicCampaign | None:
    (campaign,) = stall.store.campaigns()
    return campaign_now(campaign, stall.store.modes(), now=stall.now)


def test_a_fresh_claim_is_shown_without_asking_the_store() -> None:
    """What was just decided is enough for the answer."""
    stall = Stall()
    (answer,) = accepted(stall.accept(wish("li", grant="friend")))
    assert fresh_claim(answer.claim, answer.state) == PublicClaim(
        claim_id="clm_" + answer.claim.id,
        campaign="festival",
        user="li",
        grant="friend",
        tier="p2",
        state=State.ACCEPTED,
        accepted_at=OPENED,
        poll_after_s=1.0,
    )


def test_a_claim_is_shown_as_it_is_now() -> None:
    """Open claims say when to look again; one that has ended never changes."""
    stall = Stall()
    waiting, parked, cancelled = stall.claims(3)
    park([parked], "it is bad", store=stall.store, now=stall.now, actor="worker")
    stall.cancel(cancelled)
    seen = [_seen(stall, claim) for claim in (waiting, parked, cancelled)]
    assert [(one.state, one.poll_after_s, one.coupon) for one in seen] == [
        (State.ACCEPTED, 1.0, None),
        (State.PARKED, 30.0, None),
        (State.CANCELLED, None, None),
    ]


def test_an_issued_claim_shows_its_coupon() -> None:
    """The code is computed anew, in fours, and what it is worth and until when stands beside."""
    stall = Stall()
    (claim,) = stall.claims(1)
    stall.issue(claim)
    seen = _seen(stall, claim)
    assert (seen.state, seen.poll_after_s) == (State.ISSUED, None)
    assert seen.coupon is not None
    assert parse(seen.coupon.code, KEY) == mint(claim, 0, KEY).code
    assert (seen.coupon.value.amount, seen.coupon.value.currency) == (VALUE, "CNY")
    assert seen.coupon.valid_until == OPENED + timedelta(days=30)


def test_a_floor_lengthens_what_is_shown() -> None:
    """One row extends every coupon, at once and without touching any."""
    floor = OPENING + 60 * DAY
    stall = Stall(festival(floor=floor))
    (claim,) = stall.claims(1)
    stall.issue(claim)
    coupon = _seen(stall, claim).coupon
    assert coupon is not None
    assert micros(coupon.valid_until) == floor


def test_a_code_in_a_view_stays_out_of_logs() -> None:
    """What is printed by accident shows a coupon without its code."""
    stall = Stall()
    (claim,) = stall.claims(1)
    stall.issue(claim)
    seen = _seen(stall, claim)
    assert seen.coupon is not None
    assert seen.coupon.code not in repr(seen)


def test_a_campaign_is_shown_with_window_and_validity() -> None:
    """Instants are shown in UTC beside the zone in which they were meant."""
    until = OPENING + 22 * DAY
    shown = _campaign(Stall(festival(validity=Validity(until=until), floor=until)))
    assert shown is not None
    assert (shown.campaign, shown.phase, shown.mode) == ("festival", Phase.ACTIVE, Mode.FLOWING)
    assert (shown.window.opens_at, shown.window.zone) == (OPENED, "Asia/Shanghai")
    assert shown.window.closes_at == OPENED + timedelta(days=6)
    assert shown.validity.until == shown.validity.floor == OPENED + timedelta(days=22)
    assert shown.validity.days is None


def test_a_draft_does_not_exist() -> None:
    """Nobody learns of a campaign before its owner publishes it."""
    assert _campaign(Stall(festival(publication=Publication.DRAFT))) is None


@pytest.mark.parametrize(
    ("own", "service", "shown"),
    [
        (Mode.FLOWING, Mode.FLOWING, Mode.FLOWING),
        (Mode.PAUSED, Mode.FLOWING, Mode.PAUSED),
        (Mode.FLOWING, Mode.PAUSED, Mode.PAUSED),
    ],
)
def test_the_mode_of_the_service_overrides(own: Mode, service: Mode, shown: Mode) -> None:
    """One row speaks for all campaigns while it says anything but flowing."""
    stall = Stall()
    stall.mode("festival", mode=own)
    stall.mode(SERVICE, mode=service)
    seen = _campaign(stall)
    assert seen is not None
    assert seen.mode is shown


def test_money_running_out_is_shown_as_a_phase() -> None:
    """People learn that it is over, not how much there was."""
    stall = Stall()
    stall.mode("festival", exhausted=True)
    seen = _campaign(stall)
    assert seen is not None
    assert seen.phase is Phase.EXHAUSTED


def test_nothing_else_is_public() -> None:
    """Budget, counts, rates, owner and account have no place in what is shown."""
    stall = Stall(festival(owner="the-owner", issuing_rate="77/s", backlog_threshold=4_321))
    (claim,) = stall.claims(1)
    campaign = _campaign(stall)
    assert campaign is not None
    words = f"{asdict(campaign)} {msgspec.to_builtins(_seen(stall, claim))}"
    secrets = ("the-owner", "shop", "77/s", "4321", str(1_000 * VALUE), "stripe", "slot")
    assert [secret for secret in secrets if secret in words] == []
