"""Issue: each claim becomes one coupon, and one bad claim stops nobody else."""

from concurrent.futures import ThreadPoolExecutor
from itertools import repeat

import pytest

from fulfiller.domain.claim import ClaimId, State
from fulfiller.domain.code import mint
from fulfiller.domain.error import Raced, StoreUnavailable
from fulfiller.domain.event import Kind
from fulfiller.domain.mode import SERVICE
from fulfiller.domain.outcome import Issued
from fulfiller.domain.stripe import Purse
from fulfiller.domain.tier import Tier
from fulfiller.domain.validity import DAY, Validity
from fulfiller.service.issue import ATTEMPTS_MAX, CODE_TAKEN, TRIES
from fulfiller.service.port import Writes
from tests.domain.festival import VALUE, festival
from tests.service.stall import KEY, Hook, Stall, lose, times


def _poison(*claims: ClaimId, fault: Exception | None = None) -> Hook:
    """Return a hook that lets no transaction pass that makes a coupon of one of these."""

    def hook(writes: Writes) -> None:
        if {coupon.claim_id for coupon in writes.coupons} & set(claims):
            raise fault or ValueError("it is bad")

    return hook


def _attempts(stall: Stall, *claims: ClaimId) -> list[int]:
    return [stall.store.shelves.open[claim_id].attempts for claim_id in claims]


def test_claims_become_coupons() -> None:
    """The reservation turns into a coupon of its own code, its money into issued money."""
    stall = Stall()
    claims = stall.claims(3)
    stall.now += 5
    assert stall.issue(*claims) == Issued(issued=tuple(claims))
    coupon = stall.store.shelves.coupons[claims[0]]
    assert coupon.lookup == mint(claims[0], 0, KEY).lookup
    assert (coupon.key_id, coupon.salt, coupon.amount) == (KEY.id, 0, VALUE)
    assert (coupon.issued_at, coupon.valid_until) == (stall.now, stall.now + 30 * DAY)
    assert (stall.money(Purse.RESERVED), stall.money(Purse.ISSUED)) == (0, 3 * VALUE)
    stall.audit()


def test_issuing_again_changes_nothing() -> None:
    """A task may run any number of times: the second run finds nothing to do."""
    stall = Stall()
    claims = stall.claims(3)
    stall.issue(*claims)
    before = dict(stall.store.shelves.coupons)
    assert stall.issue(*claims) == stall.issue(*claims, redelivered=True) == Issued()
    assert stall.store.shelves.coupons == before
    assert len(stall.events(Kind.CLAIM_ISSUED)) == 1
    stall.audit()


def test_unknown_ids_and_repeated_ids_do_no_harm() -> None:
    """A hint is only a hint: what it offers twice or wrongly is passed over."""
    stall = Stall()
    (claim,) = stall.claims(1)
    ghost = stall.new_id()
    assert stall.issue(ghost, claim, claim).issued == (claim,)
    assert stall.issue() == stall.issue(ghost) == Issued()


def test_many_workers_issue_each_claim_once() -> None:
    """However many run the same hint at the same time, every claim has one coupon."""
    stall = Stall()
    claims = stall.claims(40)
    with ThreadPoolExecutor(8) as pool:
        runs = list(pool.map(lambda ids: stall.issue(*ids), repeat(claims, 8)))
    assert sorted(claim for run in runs for claim in run.issued) == sorted(claims)
    stall.audit()


def test_a_hint_may_span_campaigns() -> None:
    """Each coupon follows the terms of its own campaign, and each lane has its event."""
    until = festival().closes_at + DAY
    stall = Stall(festival(), festival(id="other", validity=Validity(until=until)))
    claims = stall.claims(1) + stall.claims(1, campaign="other", tier=Tier.P0)
    assert stall.issue(*claims).issued == tuple(claims)
    assert stall.store.shelves.coupons[claims[1]].valid_until == until
    lanes = [(event.campaign, event.tier) for event in stall.events(Kind.CLAIM_ISSUED)]
    assert lanes == [("festival", Tier.P2), ("other", Tier.P0)]
    stall.audit()


@pytest.mark.parametrize("scope", ["festival", SERVICE])
def test_held_claims_are_left_open(scope: str) -> None:
    """Hints on the way when issuing was stopped do nothing; later ones do."""
    stall = Stall()
    claims = stall.claims(2)
    stall.mode(scope, held=True)
    assert stall.issue(*claims) == Issued()
    assert [stall.state(claim) for claim in claims] == [State.ACCEPTED] * 2
    stall.mode(scope, held=False)
    assert stall.issue(*claims).issued == tuple(claims)


# Faults


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("number", [1, 4])
def test_a_store_that_is_away_loses_nothing(when: str, number: int) -> None:
    """The fault goes up at once, nobody is blamed for it, and a second run settles it."""
    stall = Stall()
    claims = stall.claims(number)
    getattr(stall.store, when)["commit"] = times(1, StoreUnavailable("the line is cut"))
    with pytest.raises(StoreUnavailable):
        stall.issue(*claims)
    assert stall.store.steps.count("commit") == 1
    assert stall.issue(*claims) == Issued(issued=tuple(claims) if when == "before" else ())
    assert "attempt" not in stall.store.steps
    assert [stall.state(claim) for claim in claims] == [State.ISSUED] * number
    stall.audit()


def test_one_bad_claim_stops_nobody() -> None:
    """It is cornered by halves: all others get their coupons in the same run."""
    stall = Stall()
    claims = stall.claims(9)
    stall.store.before["commit"] = _poison(claims[5])
    done = stall.issue(*claims)
    assert done.left == (claims[5],)
    assert set(done.issued) == set(claims) - {claims[5]}
    assert _attempts(stall, claims[5]) == [1]
    stall.audit()


def test_only_what_fails_alone_is_counted() -> None:
    """Failing in company says nothing about a claim."""
    stall = Stall()
    claims = stall.claims(4)
    stall.store.before["commit"] = times(3, ValueError("whoever it was"))
    assert set(stall.issue(*claims).issued) | {claims[0]} == set(claims)
    assert _attempts(stall, claims[0]) == [1]


def test_a_claim_that_fails_alone_too_often_is_parked() -> None:
    """It keeps its money and says why; an operator will look at it."""
    stall = Stall()
    bad, good = stall.claims(2)
    stall.store.before["commit"] = _poison(bad)
    runs = [stall.issue(bad, good) for _ in range(ATTEMPTS_MAX)]
    assert [run.left for run in runs] == [(bad,)] * (ATTEMPTS_MAX - 1) + [()]
    assert runs[-1].parked == (bad,)
    assert stall.state(bad) is State.PARKED
    assert stall.money(Purse.RESERVED) == VALUE
    (event,) = stall.events(Kind.CLAIM_PARKED)
    assert (event.ids, event.actor, event.detail) == ((bad,), "worker", "ValueError: it is bad")
    assert stall.issue(bad) == Issued()
    stall.audit()


@pytest.mark.parametrize("text", ["a\x00b", "a\nb", "a\ud800b", "x" * 10**6, ""])
def test_whatever_a_fault_says_can_be_stored(text: str) -> None:
    """The reason for parking is one short printable line that every database takes."""
    stall = Stall()
    (bad,) = stall.claims(1)
    stall.store.before["commit"] = _poison(bad, fault=ValueError(text))
    for _ in range(ATTEMPTS_MAX):
        stall.issue(bad)
    (event,) = stall.events(Kind.CLAIM_PARKED)
    assert event.detail.startswith("ValueError")
    assert event.detail.isprintable()
    assert len(event.detail) <= 200


def test_a_redelivered_hint_counts_first_and_runs_singly() -> None:
    """Whatever killed the last run, it is one of these claims, and it is counted beforehand."""
    stall = Stall()
    claims = stall.claims(3)
    stall.store.steps.clear()
    stall.store.before["commit"] = times(1, StoreUnavailable("the line is cut"))
    with pytest.raises(StoreUnavailable):
        stall.issue(*claims, redelivered=True)
    assert stall.store.steps == ["attempt", "commit"]
    assert _attempts(stall, *claims) == [1, 0, 0]
    assert stall.issue(*claims, redelivered=True).issued == tuple(claims)
    assert stall.store.steps[2:] == ["attempt", "commit"] * 3


def test_a_delivery_is_counted_once() -> None:
    """A redelivered claim that also fails has still made one attempt."""
    stall = Stall()
    (bad,) = stall.claims(1)
    stall.store.before["commit"] = _poison(bad)
    assert stall.issue(bad, redelivered=True).left == (bad,)
    assert _attempts(stall, bad) == [1]


def test_a_claim_that_kills_its_worker_is_parked_in_the_end() -> None:
    """It never reaches the counting after a fault, so deliveries are what counts."""
    stall = Stall()
    killer, bystander = stall.claims(2)  # who stands behind it is reached when it is parked
    stall.store.before["commit"] = _poison(killer, fault=StoreUnavailable("as good as dead"))
    for _ in range(ATTEMPTS_MAX):
        with pytest.raises(StoreUnavailable):
            stall.issue(killer, bystander, redelivered=True)
    done = stall.issue(killer, bystander, redelivered=True)
    assert (done.parked, done.issued) == ((killer,), (bystander,))
    assert stall.store.shelves.coupons.keys() == {bystander}
    assert stall.events(Kind.CLAIM_PARKED)[0].detail == "it was redelivered too often"
    stall.audit()


def test_claims_without_terms_are_somebodys_fault() -> None:
    """A campaign that can't be read is a fault of these claims, and the message names it."""
    stall = Stall()
    (claim,) = stall.claims(1)
    campaign = stall.store.shelves.campaigns.pop("festival")
    for _ in range(ATTEMPTS_MAX):
        stall.issue(claim)
    stall.store.shelves.campaigns["festival"] = campaign
    (event,) = stall.events(Kind.CLAIM_PARKED)
    assert "campaign festival has claims but no terms" in event.detail
    stall.audit()


# Races


def test_a_code_that_is_taken_gets_another_salt() -> None:
    """Two coupons never share a code: the second one to want it is minted anew."""
    stall = Stall()
    claims = stall.claims(2)
    taken = mint(claims[1], 0, KEY).lookup

    def collide(writes: Writes) -> None:
        if taken in {coupon.lookup for coupon in writes.coupons}:
            raise Raced("another coupon has this code", CODE_TAKEN)

    stall.store.before["commit"] = collide
    assert stall.issue(*claims).issued == tuple(claims)
    coupon = stall.store.shelves.coupons[claims[1]]
    assert coupon.salt == 1
    assert coupon.lookup == mint(claims[1], 1, KEY).lookup


def test_a_salt_moves_for_nothing_else() -> None:
    """After any other lost race the same codes are tried again."""
    stall = Stall()
    (claim,) = stall.claims(1)
    stall.store.before["commit"] = lose(TRIES - 1)
    assert stall.issue(claim).issued == (claim,)
    assert stall.store.shelves.coupons[claim].salt == 0


def test_races_that_never_end_are_a_fault_of_a_claim() -> None:
    """What loses alone again and again is counted and left, and the others go on."""
    stall = Stall()
    bad, good = stall.claims(2)
    stall.store.before["commit"] = _poison(bad, fault=Raced("no row may hold it"))
    assert stall.issue(bad, good) == Issued(issued=(good,), left=(bad,))
    assert _attempts(stall, bad) == [1]


def test_the_press_shows_no_secret() -> None:
    """What a log may print of it holds no key."""
    assert repr(KEY.body) not in repr(Stall().press)
