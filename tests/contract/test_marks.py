"""Marks on every kind of store: they stand in the log and change nothing else."""

from collections.abc import Callable

from fulfiller.domain.event import Kind
from fulfiller.domain.mode import SERVICE
from fulfiller.service.mark import mark
from fulfiller.wiring import Truth
from tests.contract.world import START, everything, found, taken_in

DEPLOY = "deploy 1.4.2"


def test_a_mark_is_an_event_and_nothing_else(truth: Truth, flaws: Callable[[], list[str]]) -> None:
    """Of a campaign or of all: with who set it and when; the books are what they were."""
    found(truth)
    taken_in(truth, "li")
    _, *before = everything(truth)
    assert mark("festival", DEPLOY, actor="operator:li", at=START + 1, store=truth)
    assert mark(SERVICE, DEPLOY, actor="flower:wang", at=START + 2, store=truth)
    events, *after = everything(truth)
    assert isinstance(events, list)
    assert after == before
    assert [(e.kind, e.campaign, e.actor, e.detail, e.at) for e in events[-2:]] == [
        (Kind.MARK_SET, "festival", "operator:li", DEPLOY, START + 1),
        (Kind.MARK_SET, SERVICE, "flower:wang", DEPLOY, START + 2),
    ]
    assert flaws() == []


def test_a_campaign_that_there_is_not_has_no_marks(truth: Truth) -> None:
    """It is said, and nothing is written."""
    found(truth)
    before = everything(truth)
    assert not mark("festivall", DEPLOY, actor="operator:li", at=START, store=truth)
    assert everything(truth) == before
