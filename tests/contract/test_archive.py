"""What is known of a claim on every kind of store: found by what people know of it, and told."""

from fulfiller.domain.claim import ClaimId
from fulfiller.domain.event import Kind
from fulfiller.domain.validity import SECOND
from fulfiller.service.archive import Noted
from fulfiller.service.issue import issue
from fulfiller.service.keep import LEASE
from fulfiller.service.move import cancel, park, replay
from fulfiller.service.port import Writes
from fulfiller.service.seal import seal
from fulfiller.wiring import Truth
from tests.contract.world import START, event, found, press, taken_in


def story(store: Truth, claim: ClaimId, *, limit: int = 100) -> list[Noted]:
    """Return what the log says of a claim."""
    return list(store.noted(store.view((claim,))[claim].claim, limit=limit))


def test_claims_are_found_by_their_user(truth: Truth) -> None:
    """In the campaigns that are named, what was cancelled as well."""
    found(truth)
    found(truth, id="other")
    first, _ = taken_in(truth, "li", "wang")
    cancel(first, store=truth, now=START, account="shop", actor="intake")
    (second,) = taken_in(truth, "li", key="again")
    (third,) = taken_in(truth, "li", campaign="other", key="other")
    both = ("festival", "other")
    assert truth.of_user(both, "li", limit=9) == [first, second, third]
    assert truth.of_user(both, "li", limit=2) == [first, second]
    assert truth.of_user(("other",), "li", limit=9) == [third]
    assert truth.of_user((), "li", limit=9) == []
    assert truth.of_user(both, "lin", limit=9) == []


def test_claims_are_found_by_their_key_whoever_uses_it(truth: Truth) -> None:
    """Accounts choose their keys by themselves, so that two of them may choose the same."""
    found(truth)
    assert truth.bound("k", limit=9) == []
    (ours,) = taken_in(truth, "li", account="shop", key="k")
    (theirs,) = taken_in(truth, "wang", account="a mall", key="k")
    taken_in(truth, "zhao", account="zoo", key="k2")
    assert truth.bound("k", limit=9) == [ours, theirs]
    assert truth.bound("k", limit=1) == [ours]
    assert truth.bound("K", limit=9) == []


def test_the_log_tells_all_about_one_claim_and_nothing_of_others(truth: Truth) -> None:
    """In the order in which it happened, alone or among others, sealed or not yet."""
    found(truth)
    ids = taken_in(truth, *"abcde")
    park(ids[1:4], "bad", store=truth, now=START, actor="worker")
    replay(ids[2:4], store=truth, now=START, actor="operator:li")
    fence = truth.lease(LEASE, "host 4711", ttl_s=600)
    assert fence is not None
    count = seal(store=truth, fence=fence)
    issue(ids, press(truth))
    told = story(truth, ids[2])
    assert [(each.event.kind, each.number) for each in told] == [
        (Kind.CLAIM_ACCEPTED, 2),
        (Kind.CLAIM_PARKED, 3),
        (Kind.CLAIM_REPLAYED, count),
        (Kind.CLAIM_ISSUED, None),
    ]
    assert [len(each.event.ids) for each in told] == [5, 3, 2, 4]
    assert [each.event.kind for each in story(truth, ids[0], limit=1)] == [Kind.CLAIM_ACCEPTED]


def test_a_claim_is_found_in_a_long_log(truth: Truth) -> None:
    """Before it and behind it much has happened, and clocks were a little apart."""
    found(truth)
    for second in range(-900, 900, 100):
        earlier = tuple(event(at=START + (second + n) * SECOND) for n in range(0, 100, 10))
        truth.write(Writes(events=earlier))
        if second == 0:
            (claim,) = taken_in(truth, "li")
    issue([claim], press(truth))
    kinds = [each.event.kind for each in story(truth, claim)]
    assert kinds == [Kind.CLAIM_ACCEPTED, Kind.CLAIM_ISSUED]
