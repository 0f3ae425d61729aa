"""Fronts of flows: all that was offered and is open, some behind, and never the whole backlog."""

from collections.abc import Sequence

from fulfiller.domain.claim import ClaimId
from fulfiller.service.dispatch import Hint
from fulfiller.service.front import BEYOND, BEYOND_MIN, fronts
from fulfiller.service.memory import Memory, Offer
from tests.service.backlog import START, Backlog, flow, lane

MANY = 6 * BEYOND


def front_of(backlog: Backlog, memory: Memory) -> tuple[list[ClaimId], bool]:
    """Return the claims of the one front there is, and whether those are all."""
    (front,) = fronts([flow()], memory=memory, store=backlog.store)
    return [row.id for row in front.rows], front.whole


def offered(claims: Sequence[ClaimId]) -> Memory:
    """Return the memory of a keeper that has offered these."""
    memory = Memory()
    memory.offers[flow()] = {claim: Offer(START) for claim in claims}
    return memory


def test_what_is_issued_is_no_reason_to_read_more() -> None:
    """Thousands are remembered, all but a few are done: a page of the backlog is enough."""
    backlog = Backlog("festival")
    claims = backlog.claims(MANY)
    done = claims[: MANY // 2]
    backlog.work([Hint(lane(), tuple(done[:-10]))])
    read, whole = front_of(backlog, offered(done))
    assert read[:10] == done[-10:]
    assert not whole
    assert BEYOND <= len(read) < 4 * BEYOND


def test_all_that_was_offered_and_is_open_is_read() -> None:
    """However much it is, and something of what lies behind."""
    backlog = Backlog("festival")
    claims = backlog.claims(MANY)
    lost = claims[: MANY // 2]
    read, _ = front_of(backlog, offered(lost))
    assert read[: len(lost)] == lost
    assert len(read) - len(lost) >= BEYOND
    assert read == claims[: len(read)]


def test_a_front_ends_where_the_flow_does() -> None:
    """Then nothing is left out, and that is said."""
    backlog = Backlog("festival")
    assert front_of(backlog, Memory()) == ([], True)
    claims = backlog.claims(BEYOND - 1)
    assert front_of(backlog, Memory()) == (claims, True)


def test_flows_share_what_is_read_beyond() -> None:
    """A lane of very many flows costs no more than one of a few."""
    backlog = Backlog("festival")
    names = [f"account-{number}" for number in range(BEYOND)]
    for name in names[:30]:
        backlog.claims(3 * BEYOND_MIN, account=name)
    read = fronts([flow(name) for name in names], memory=Memory(), store=backlog.store)
    assert {len(front.rows) for front in read[:30]} == {BEYOND_MIN}
    assert all(front.whole and not front.rows for front in read[30:])
