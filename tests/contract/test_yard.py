"""Parked claims on every kind of store: found in pages, with the events that tell why."""

from collections import Counter

from fulfiller.domain.claim import Stage
from fulfiller.domain.event import Kind
from fulfiller.domain.stripe import Count, Purse
from fulfiller.domain.tier import Tier
from fulfiller.domain.validity import SECOND
from fulfiller.service import parked as module
from fulfiller.service.dispatch import Lane
from fulfiller.service.move import abandon, park, replay
from fulfiller.service.parked import Choice, Parked, parked
from fulfiller.service.serving import FRONT
from fulfiller.wiring import Truth
from tests.contract.world import START, VALUE, found, sums, taken_in

LANE = Lane("festival", Tier.P2)


def chosen(store: Truth, **choice: object) -> list[Parked]:
    """Return the parked claims that these words choose."""
    return list(parked(Choice(**choice), store))  # type: ignore[arg-type]


def ids(found_: list[Parked]) -> list[str]:
    """Return the ids of parked claims."""
    return [each.claim.id for each in found_]


def test_parked_claims_are_read_in_pages(truth: Truth) -> None:
    """A page begins behind the last row of the one before, and holds parked claims alone."""
    found(truth)
    mine = taken_in(truth, *"abcde")
    park(mine[:4], "it is bad", store=truth, now=START, actor="worker")
    first = truth.parked(LANE, after=FRONT, limit=3)
    assert [row.id for row in first] == mine[:3]
    assert {row.stage for row in first} == {Stage.PARKED}
    rest = truth.parked(LANE, after=(first[-1].ready_at, first[-1].id), limit=3)
    assert [(row.id, row.user, row.amount) for row in rest] == [(mine[3], "d", VALUE)]
    assert list(truth.parked(Lane("festival", Tier.P0), after=FRONT, limit=3)) == []
    assert list(truth.parked(Lane("other", Tier.P2), after=FRONT, limit=3)) == []


def test_open_rows_are_shown_by_id(truth: Truth) -> None:
    """Whatever stage they are at; what is done has none."""
    found(truth)
    mine = taken_in(truth, *"abc")
    park(mine[1:], "it is bad", store=truth, now=START, actor="worker")
    abandon(mine[2:], "it is lost", store=truth, now=START, actor="operator:li")
    rows = truth.opened(mine)
    assert {i: row.stage for i, row in rows.items()} == {
        mine[0]: Stage.ACCEPTED,
        mine[1]: Stage.PARKED,
    }
    assert truth.opened([]) == {}


def test_setbacks_tell_what_became_of_a_claim(truth: Truth) -> None:
    """Parked alone or with others, replayed, parked again: its own events, in their order."""
    found(truth)
    mine = taken_in(truth, *"abc")
    park(mine[:2], "first", store=truth, now=START + 1, actor="worker")
    park(mine[2:], "other", store=truth, now=START + 2, actor="worker")
    replay(mine[:1], store=truth, now=START + 3, actor="operator:li")
    park(mine[:1], "again", store=truth, now=START + 4, actor="keeper")
    events = truth.setbacks(LANE, mine[:1])
    assert [(event.kind, event.detail, event.actor) for event in events] == [
        (Kind.CLAIM_PARKED, "first", "worker"),
        (Kind.CLAIM_REPLAYED, "", "operator:li"),
        (Kind.CLAIM_PARKED, "again", "keeper"),
    ]
    assert set(events[0].ids) == set(mine[:2])
    assert [event.detail for event in truth.setbacks(LANE, mine[1:])] == ["first", "other"]
    assert list(truth.setbacks(LANE, [])) == []
    assert list(truth.setbacks(Lane("festival", Tier.P0), mine)) == []


def test_the_last_parking_is_the_one_that_counts(truth: Truth) -> None:
    """A claim that was replayed in vain is parked since then, and for that."""
    found(truth)
    mine = taken_in(truth, "a")
    park(mine, "first", store=truth, now=START + 1, actor="worker")
    replay(mine, store=truth, now=START + 2, actor="operator:li")
    assert chosen(truth) == []
    park(mine, "again", store=truth, now=START + 3, actor="keeper")
    (each,) = chosen(truth)
    assert (each.since, each.reason, each.actor) == (START + 3, "again", "keeper")


def test_every_word_of_a_choice_counts(truth: Truth) -> None:
    """Campaign, tier, age and a part of the reason, alone and together."""
    found(truth)
    found(truth, id="other")
    plain = taken_in(truth, "a", "b")
    top = taken_in(truth, "c", tier=Tier.P0)
    away = taken_in(truth, "d", campaign="other")
    park(plain[:1], "ValueError: it is bad", store=truth, now=START, actor="worker")
    park(plain[1:], "it was offered too often", store=truth, now=START + SECOND, actor="keeper")
    park(top + away, "it was offered too often", store=truth, now=START, actor="keeper")
    assert ids(chosen(truth)) == top + plain + away
    assert ids(chosen(truth, campaign="festival")) == top + plain
    assert ids(chosen(truth, tier=Tier.P2)) == plain + away
    assert ids(chosen(truth, before=START + SECOND)) == top + plain[:1] + away
    assert ids(chosen(truth, reason="OFFERED")) == top + plain[1:] + away
    assert ids(chosen(truth, reason="offered", campaign="festival", tier=Tier.P2)) == plain[1:]
    assert chosen(truth, campaign="unknown") == []


def test_more_than_a_page_is_found_whole_while_it_is_moved(truth: Truth) -> None:
    """Whoever moves what was found goes on behind it, and each claim comes once."""
    found(truth, per_user_limit=1)
    number = module.PAGE + 5
    mine = taken_in(truth, *(f"user-{n}" for n in range(number)))
    park(mine, "it is bad", store=truth, now=START, actor="worker")
    seen: Counter[str] = Counter()
    for each in parked(Choice(), truth):
        seen[each.claim.id] += 1
        if len(seen) % 100 == 0:
            replay([each.claim.id], store=truth, now=START + 1, actor="operator:li")
    assert seen == Counter(mine)
    books = sums(truth.stripes("festival"))
    moved = number // 100
    assert (books[f"n_{Count.PARKED}"], books[f"n_{Count.ACCEPTED}"]) == (number - moved, moved)
    assert books[Purse.RESERVED.value] == number * VALUE
