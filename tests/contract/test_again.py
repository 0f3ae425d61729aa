"""Again and again: running a verb twice, or in many places at once, changes nothing."""

from collections.abc import Callable
from functools import partial
from typing import Protocol

from msgspec import structs

from fulfiller.domain.claim import ClaimId, State
from fulfiller.domain.code import mint
from fulfiller.domain.error import Raced
from fulfiller.domain.event import Kind
from fulfiller.domain.outcome import Accepted, Refused, Repeated, Why
from fulfiller.domain.stripe import Purse, total
from fulfiller.service.consolidate import consolidate
from fulfiller.service.issue import issue
from fulfiller.service.move import abandon, cancel, park, replay
from fulfiller.service.port import Writes
from fulfiller.service.seal import BATCH, seal
from fulfiller.wiring import Truth
from tests.contract.crowd import together
from tests.contract.world import (
    KEY,
    START,
    VALUE,
    Open,
    ask,
    claim,
    coupon,
    event,
    everything,
    found,
    press,
    request,
    sums,
    taken_in,
)

Flaws = Callable[[], list[str]]
CROWD = 6


class Verb(Protocol):
    """What can be done to claims; returns those that it was done to."""

    def __call__(self, store: Truth, ids: list[ClaimId]) -> tuple[ClaimId, ...]:
        """Do it."""


def issuing(store: Truth, ids: list[ClaimId]) -> tuple[ClaimId, ...]:
    """Issue."""
    return issue(ids, press(store)).issued


def parking(store: Truth, ids: list[ClaimId]) -> tuple[ClaimId, ...]:
    """Park."""
    return park(ids, "alone", store=store, now=START, actor="worker")


def replaying(store: Truth, ids: list[ClaimId]) -> tuple[ClaimId, ...]:
    """Replay."""
    return replay(ids, store=store, now=START + 1, actor="operator:li")


def abandoning(store: Truth, ids: list[ClaimId]) -> tuple[ClaimId, ...]:
    """Abandon."""
    return abandon(ids, "no stock", store=store, now=START, actor="operator:li")


def cancelling(store: Truth, ids: list[ClaimId]) -> tuple[ClaimId, ...]:
    """Cancel, one by one."""
    return tuple(
        claim_id
        for claim_id in ids
        if cancel(claim_id, store=store, now=START, account="shop", actor="shop")
    )


def at_once(open_one: Open, verb: Verb, ids: list[ClaimId]) -> list[ClaimId]:
    """Run a verb over the same ids in a crowd and return what all of them got done."""
    done = together(open_one, [partial(verb, ids=ids)] * CROWD)
    return sorted(claim_id for some in done for claim_id in some)


def logged(store: Truth, kind: Kind) -> list[ClaimId]:
    """Return the claims of all events of a kind."""
    entries = store.unsealed(after=(0, 0), limit=100_000)
    return [one for entry in entries if entry.event.kind is kind for one in entry.event.ids]


def test_each_verb_does_its_work_once(open_one: Open, truth: Truth, flaws: Flaws) -> None:
    """In a crowd that runs the same verb over the same claims, each claim is moved by one."""
    found(truth)
    mine = taken_in(truth, *(f"u{n}" for n in range(40)))
    parts = {Kind.CLAIM_ISSUED: mine[:10], Kind.CLAIM_CANCELLED: mine[10:20]}
    parked = mine[20:]
    assert at_once(open_one, parking, parked) == parked
    assert sorted(logged(truth, Kind.CLAIM_PARKED)) == parked
    parts |= {Kind.CLAIM_REPLAYED: parked[:10], Kind.CLAIM_DECLINED: parked[10:]}
    verbs = (issuing, cancelling, replaying, abandoning)
    for verb, (kind, ids) in zip(verbs, parts.items(), strict=True):
        assert at_once(open_one, verb, ids) == ids
        assert sorted(logged(truth, kind)) == ids
    assert sums(truth.stripes("festival")) == {
        "limit": 10_000 * VALUE,
        "available": 9_980 * VALUE,
        "reserved": 10 * VALUE,
        "issued": 10 * VALUE,
        "n_entered": 40,
        "n_issued": 10,
        "n_cancelled": 10,
        "n_declined": 10,
        "n_accepted": 10,
    }
    assert flaws() == []


def test_different_verbs_over_one_claim_have_one_winner(
    open_one: Open, truth: Truth, flaws: Flaws
) -> None:
    """Issue, cancel and park race for the same claims: each claim goes to one of them."""
    found(truth)
    mine = taken_in(truth, *(f"u{n}" for n in range(30)))
    verbs = (issuing, cancelling, parking)
    done = together(open_one, [partial(verb, ids=mine) for verb in verbs * 2])
    assert sorted(one for got in done for one in got) == mine
    states = {shown.state for shown in truth.view(mine).values()}
    assert states <= {State.ISSUED, State.CANCELLED, State.PARKED}
    assert flaws() == []


def test_a_second_run_changes_nothing(truth: Truth) -> None:
    """After any verb has run, running it again leaves every row as it is."""
    found(truth)
    first, second, third = taken_in(truth, "a", "b", "c")
    for verb, ids in (
        (issuing, [first]),
        (cancelling, [second]),
        (parking, [third]),
        (abandoning, [third]),
    ):
        assert verb(truth, ids) == tuple(ids)
        before = everything(truth)
        assert verb(truth, ids) == ()
        assert everything(truth) == before
    assert replaying(truth, [first, second, third]) == ()
    ask(truth, request("a"), request("b"), request("c"))
    assert issuing(truth, [first, second, third]) == ()


def test_sealing_in_a_crowd_numbers_each_event_once(
    open_one: Open, truth: Truth, flaws: Flaws
) -> None:
    """Even under one and the same lease an event gets one number, and the chain holds."""
    found(truth)
    for number in range(30):
        taken_in(truth, f"u{number}")
    fence = truth.lease("keeper", "a", ttl_s=60)
    assert fence is not None
    lease = fence

    def sealing(store: Truth) -> int:
        try:
            return seal(store=store, fence=lease)
        except Raced:
            return 0

    assert sum(together(open_one, [sealing] * CROWD)) == 31 < BATCH
    last = truth.last_seal()
    assert last is not None
    assert last.number == 31
    assert seal(store=truth, fence=fence) == 0
    assert flaws() == []


def test_gathering_in_a_crowd_neither_makes_nor_loses_money(
    open_one: Open, truth: Truth, flaws: Flaws
) -> None:
    """Money is spread evenly, however many spread it while others take and give back."""
    found(truth, budget=40 * VALUE, stripes=8)
    mine = taken_in(truth, *(f"u{n}" for n in range(20)))
    gathering = [lambda store: consolidate("festival", store=store, now=START)] * 4
    taking = [
        lambda store, n=n: len(taken_in(store, *(f"v{n}-{m}" for m in range(5)))) for n in range(4)
    ]
    giving = [lambda store: len(cancelling(store, mine))]
    done = together(open_one, [*gathering, *taking, *giving])
    assert sum(done[4:]) == 40
    stripes = truth.stripes("festival")
    assert total(stripes, Purse.RESERVED) == total(stripes, Purse.AVAILABLE) == 20 * VALUE
    assert flaws() == []


def test_a_cancel_frees_the_identity_and_the_slot(truth: Truth, flaws: Flaws) -> None:
    """Who cancels may claim again, with the same grant or with another."""
    found(truth, per_user_limit=1)
    (first,) = taken_in(truth, "li")
    assert ask(truth, request("li", key="2", grant="friend")) == (Refused(Why.USER_LIMIT),)
    assert ask(truth, request("li", key="3")) == (Repeated(first),)
    for round_number in range(1, 4):
        cancelling(truth, [first])
        key = f"again-{round_number}"
        (again,) = ask(truth, request("li", key=key, grant=f"g{round_number % 2}"))
        assert isinstance(again, Accepted)
        assert (again.claim.slot, again.claim.slot_turn) == (1, round_number)
        first = again.claim.id
    assert ask(truth, request("li", key="late")) == (Refused(Why.USER_LIMIT),)
    assert flaws() == []


def test_the_old_key_of_a_cancelled_claim_still_means_it(truth: Truth) -> None:
    """A key stands for one claim for ever; a new wish takes a new key."""
    found(truth)
    (first,) = taken_in(truth, "li")
    cancelling(truth, [first])
    assert ask(truth, request("li")) == (Repeated(first),)
    (again,) = ask(truth, request("li", key="new"))
    assert isinstance(again, Accepted)
    assert again.claim.turn == 1


def test_a_decline_frees_nothing(truth: Truth) -> None:
    """An abandoned claim keeps its identity and its slot; its money is free."""
    found(truth, per_user_limit=1)
    (first,) = taken_in(truth, "li")
    parking(truth, [first])
    abandoning(truth, [first])
    assert ask(truth, request("li", key="2")) == (Repeated(first),)
    assert ask(truth, request("li", key="3", grant="friend")) == (Refused(Why.USER_LIMIT),)
    assert total(truth.stripes("festival"), Purse.RESERVED) == 0


def test_a_cancel_wakes_a_campaign_that_was_sold_out(truth: Truth, flaws: Flaws) -> None:
    """Sold out is true until money comes back, and then no longer."""
    found(truth, budget=VALUE, stripes=8)
    (first,) = taken_in(truth, "li")
    assert ask(truth, request("wang")) == (Refused(Why.SOLD_OUT),)
    assert truth.modes()["festival"].exhausted
    cancelling(truth, [first])
    woken = truth.modes()["festival"]
    assert (woken.exhausted, woken.money_generation) == (False, 1)
    (answer,) = ask(truth, request("wang"), start=5)
    assert isinstance(answer, Accepted)
    assert flaws() == []


def test_a_taken_code_is_minted_anew(truth: Truth) -> None:
    """When another coupon has a code already, the next salt gives another one."""
    found(truth)
    mine = taken_in(truth, "a", "b", "c")
    somebody = claim("somebody")
    taken = structs.replace(coupon(somebody), lookup=mint(mine[1], 0, KEY).lookup)
    truth.write(Writes(claims=(somebody,), coupons=(taken,), events=(event(somebody.id),)))
    assert sorted(issuing(truth, mine)) == mine
    coupons = [truth.view([one])[one].coupon for one in mine]
    assert [one.salt for one in coupons if one] == [1, 1, 1]
    assert [one.lookup for one in coupons if one] == [mint(i, 1, KEY).lookup for i in mine]
