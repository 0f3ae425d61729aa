"""Chronicles: who moved what and why, from the log and from mode rows, with nobody's name in it."""

from typing import Any

from fulfiller.domain.breaker import Breaker, Mode, Policy, Reading, step
from fulfiller.domain.claim import ClaimId
from fulfiller.domain.event import Event, Kind
from fulfiller.domain.mode import ModeRow
from fulfiller.domain.verdict import Verdict, written
from fulfiller.ops.flower.history.chronicle import (
    MARKS_MAX,
    OTHER,
    REASONS_MAX,
    Chronicle,
    Mark,
    Stretch,
    stretches,
)

SECOND = 1_000_000
NOON = 1_770_379_200 * SECOND
RULES = Policy(promise_s=60, oldest_s=60, backlog_threshold=10)
OVER = Reading(backlog=12)


def event(kind: Kind, **changes: Any) -> Event:
    """Return what the log has."""
    usual: dict[str, Any] = {"at": NOON, "campaign": "festival", "actor": "operator:li"}
    return Event(kind=kind, **(usual | changes))


def heard(*events: Event) -> Chronicle:
    """Return a chronicle of these."""
    chronicle = Chronicle()
    for each in events:
        chronicle.hear(each)
    return chronicle


def told(chronicle: Chronicle) -> list[tuple[str, str, str]]:
    """Return its marks without their instants."""
    return [(mark.kind, mark.actor, mark.said) for mark in chronicle.marks()]


def test_a_pause_of_the_breaker_has_its_cause_in_words() -> None:
    """The verdict in the log is for machines; people read the figures that decided."""
    flowing = Breaker()
    paused = step(flowing, OVER, RULES, NOON)
    ramping = step(paused, Reading(), RULES, NOON + 60 * SECOND)
    verdicts = (
        (Kind.MODE_PAUSED, Verdict(flowing, OVER, RULES, paused)),
        (Kind.MODE_RAMPING, Verdict(paused, Reading(), RULES, ramping)),
    )
    events = [
        event(kind, at=NOON + n, actor="keeper", detail=written(verdict))
        for n, (kind, verdict) in enumerate(verdicts)
    ]
    assert told(heard(*events)) == [
        ("paused", "keeper", "backlog 12 > threshold 10"),
        ("ramping", "keeper", "all signals are clear and the hold is over"),
    ]


def test_acts_have_their_actor_and_reason() -> None:
    """What somebody did by hand is told as they said it."""
    chronicle = heard(
        event(Kind.MODE_HELD, detail="wrong value"),
        event(Kind.RATE_CHANGED, at=NOON + 1, detail="500/s: slow partners"),
        event(Kind.CAMPAIGN_EXTENDED, at=NOON + 2, detail="until 2096-02-28"),
        event(Kind.CAMPAIGN_CHANGED, at=NOON + 3, detail="weight of p3 1 -> 9: members"),
        event(Kind.PATIENCE_WORDED, at=NOON + 4, detail='{"en":{}}: lantern night'),
        event(Kind.CAMPAIGN_ENDED, at=NOON + 5, detail="withdrawn"),
    )
    assert told(chronicle) == [
        ("held", "operator:li", "wrong value"),
        ("rate", "operator:li", "500/s: slow partners"),
        ("extended", "operator:li", "until 2096-02-28"),
        ("changed", "operator:li", "weight of p3 1 -> 9: members"),
        ("patience", "operator:li", "lantern night"),
        ("ended", "operator:li", "withdrawn"),
    ]


def test_no_merchant_and_no_fault_is_quoted() -> None:
    """Limit keys and texts of faults may hold anything; own words of patience are no verdict."""
    chronicle = heard(
        event(Kind.RATE_CHANGED, detail="200/h at canary-phone: canary"),
        event(Kind.PATIENCE_WORDED, detail='{"en":{"canary":"x"}}'),
        event(Kind.CLAIM_PARKED, ids=(ClaimId("x"),), detail="ValueError: canary@example.com"),
    )
    assert [said for _, _, said in told(chronicle)] == ["", "the rate of one limit key"]
    assert dict(chronicle.reasons) == {("parked", "ValueError"): 1}


def test_a_mode_row_is_known_before_the_log_is_sealed() -> None:
    """And what the log adds, its actor, comes in when it is read; nothing is told twice."""
    why = "backlog 12 > threshold 10"
    row = ModeRow(scope="festival", mode=Mode.PAUSED, since=NOON, cause=why, generation=1)
    chronicle = Chronicle()
    chronicle.see(ModeRow(scope="festival", since=NOON - 1))
    chronicle.see(row)
    assert told(chronicle) == [("paused", "", why)]
    chronicle.hear(event(Kind.MODE_PAUSED, detail="because"))
    chronicle.see(row)
    assert told(chronicle) == [("paused", "operator:li", "because")]


def test_reasons_are_counted_by_claims_and_bounded() -> None:
    """A hook that makes up ever new reasons fills one line with them."""
    ids = (ClaimId("a"), ClaimId("b"))
    many = [event(Kind.CLAIM_DECLINED, ids=ids, detail=f"no {n}") for n in range(REASONS_MAX + 3)]
    reasons = heard(*many, event(Kind.CLAIM_CANCELLED, ids=ids)).reasons
    assert reasons["declined", "no 0"] == 2
    assert reasons["declined", OTHER] == 6
    assert reasons["cancelled", OTHER] == 2
    assert len(reasons) == REASONS_MAX + 2


def test_only_the_newest_marks_are_kept() -> None:
    """Whatever happens, and in whatever order it is heard."""
    events = [event(Kind.MODE_HELD, at=NOON + n) for n in reversed(range(MARKS_MAX + 5))]
    marks = heard(*events).marks()
    assert len(marks) == MARKS_MAX
    assert (marks[0].at, marks[-1].at) == (NOON + 5, NOON + MARKS_MAX + 4)


def test_stretches_end_with_the_next_mode_and_a_hold_with_its_end() -> None:
    """Modes follow each other; a hold runs beside them; what has not ended has no end."""
    kinds = ("flowing", "paused", "held", "ramping", "unheld", "flowing", "rate", "paused")
    marks = [
        Mark(at=n, kind=kind, scope="festival", actor="", said="") for n, kind in enumerate(kinds)
    ]
    assert list(stretches(marks)) == [
        Stretch("paused", 1, 3),
        Stretch("held", 2, 4),
        Stretch("ramping", 3, 5),
        Stretch("paused", 7, None),
    ]


def test_a_mark_is_drawn_as_what_its_first_word_says() -> None:
    """A deploy, a fault of chaos, or whatever else somebody wanted to be seen."""
    texts = ("deploy 1.4.2", "Deploy: config", "chaos: worker1 is killed", "deployed", "…")
    marks = heard(*(event(Kind.MARK_SET, at=NOON + n, detail=each) for n, each in enumerate(texts)))
    assert told(marks) == [
        ("deploy", "operator:li", "deploy 1.4.2"),
        ("deploy", "operator:li", "Deploy: config"),
        ("fault", "operator:li", "chaos: worker1 is killed"),
        ("mark", "operator:li", "deployed"),
        ("mark", "operator:li", "…"),
    ]
    assert list(stretches(marks.marks())) == []
