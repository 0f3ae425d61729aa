"""Terms amended by hand on every kind of store: thresholds, weights, and a campaign's end."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from fulfiller.domain.campaign import Phase, Publication, phase
from fulfiller.domain.claim import Stage, State
from fulfiller.domain.error import InvalidCampaign, Raced
from fulfiller.domain.event import Kind
from fulfiller.domain.mode import guard
from fulfiller.domain.outcome import Accepted, Refused, Why
from fulfiller.domain.tier import Tier
from fulfiller.service import decide
from fulfiller.service.amend import Amended, Amendment, end, set_thresholds, set_weights
from fulfiller.service.issue import issue
from fulfiller.service.rates import By
from fulfiller.service.steer import Act, pause
from fulfiller.wiring import Truth
from tests.contract.crowd import together
from tests.contract.world import START, Open, ask, everything, found, new_id, press, request
from tests.contract.world import taken_in as taken

BY = By(reason="a check", actor="operator:li", now=START)
Flaws = Callable[[], list[str]]


def thresholds(truth: Truth, high: int | None, low: int | None = None) -> Amended:
    """Set both thresholds of the festival."""
    stated = {"backlog_threshold": high, "resume_threshold": low}
    return set_thresholds("festival", stated, BY, store=truth)


def last(truth: Truth) -> tuple[Kind, str, str]:
    """Return what the newest event says: what, by whom, and from where to where."""
    event = truth.unsealed(after=(0, 0), limit=99)[-1].event
    return event.kind, event.actor, event.detail


def test_thresholds_are_set_and_all_else_stays(truth: Truth, flaws: Flaws) -> None:
    """One row and one event, with the numbers before and after."""
    campaign = found(truth, backlog_threshold=400, resume_threshold=100, floor=START)
    before = everything(truth)
    done = thresholds(truth, 500, None)
    wanted = replace(campaign, backlog_threshold=500, resume_threshold=None)
    assert done == Amended(Amendment.AMENDED, campaign, wanted)
    assert truth.campaign("festival") == wanted
    assert everything(truth)[1:] == before[1:]
    said = "backlog_threshold 400 -> 500, resume_threshold 100 -> unset: a check"
    assert last(truth) == (Kind.CAMPAIGN_CHANGED, "operator:li", said)
    assert flaws() == []


def test_what_is_not_stated_stays(truth: Truth) -> None:
    """A threshold that is not named, and the weights of tiers that are not."""
    campaign = found(truth, backlog_threshold=400, resume_threshold=100)
    set_thresholds("festival", {"backlog_threshold": 300}, BY, store=truth)
    set_weights("festival", {Tier.P3: 9}, BY, store=truth)
    assert last(truth)[2] == "weight of p3 1 -> 9: a check"
    tiers = {**campaign.tiers, Tier.P3: replace(campaign.tiers[Tier.P3], weight=9)}
    assert truth.campaign("festival") == replace(campaign, backlog_threshold=300, tiers=tiers)


def test_terms_that_contradict_each_other_are_refused(truth: Truth) -> None:
    """The field is named, and nothing is written."""
    found(truth, backlog_threshold=400, resume_threshold=100)
    before = everything(truth)
    for high, low, field in ((50, 100, "resume_threshold"), (0, None, "backlog_threshold")):
        with pytest.raises(InvalidCampaign, match=field):
            thresholds(truth, high, low)
    with pytest.raises(InvalidCampaign, match=r"tiers\.p1\.weight"):
        set_weights("festival", {Tier.P1: 0}, BY, store=truth)
    assert everything(truth) == before


def test_what_is_so_already_and_what_there_is_not_write_nothing(truth: Truth) -> None:
    """Asked for again, or of a campaign that nobody knows."""
    found(truth, backlog_threshold=400)
    end("festival", BY, store=truth)
    before = everything(truth)
    again = (
        thresholds(truth, 400),
        set_weights("festival", {Tier.P0: 8}, BY, store=truth),
        end("festival", BY, store=truth),
    )
    assert [done.how for done in again] == [Amendment.ALREADY] * 3
    nowhere = (
        set_thresholds("nowhere", {}, BY, store=truth),
        set_weights("nowhere", {}, BY, store=truth),
        end("nowhere", BY, store=truth),
    )
    assert {done.how for done in nowhere} == {Amendment.UNKNOWN_CAMPAIGN}
    assert everything(truth) == before


def test_changes_at_once_are_all_kept(truth: Truth, open_one: Open) -> None:
    """Whoever loses the race reads the terms again, and takes nothing back."""
    found(truth)
    works: list[Callable[[Truth], object]] = [
        lambda store: thresholds(store, 500).how,
        lambda store: set_weights("festival", {Tier.P0: 9}, BY, store=store).how,
        lambda store: end("festival", BY, store=store).how,
    ]
    answers = together(open_one, works * 2)
    assert answers.count(Amendment.AMENDED) == 3
    campaign = truth.campaign("festival")
    assert campaign is not None
    assert (campaign.backlog_threshold, campaign.tiers[Tier.P0].weight) == (500, 9)
    assert campaign.publication is Publication.ENDED


def test_weights_reach_who_remembers_the_terms_with_the_next_survey(
    truth: Truth, open_one: Open
) -> None:
    """A keeper reads all campaigns each second, and serves tiers by what it has read then."""
    found(truth)
    keeper = open_one()
    assert keeper.terms("festival") == truth.campaign("festival")
    set_weights("festival", {Tier.P3: 8}, BY, store=truth)
    keeper.survey()
    assert keeper.terms("festival") == truth.campaign("festival")
    if keeper is not truth:
        keeper.close()


def test_an_ended_campaign_takes_nobody_in_and_honors_whom_it_has(
    truth: Truth, flaws: Flaws
) -> None:
    """Newcomers are told so; who was accepted is issued, who waits keeps the place."""
    campaign = found(truth)
    accepted = taken(truth, "li", "wang")
    pause("festival", Act(reason="full", actor="operator:li", now=START), store=truth)
    waiting = taken(truth, "zhao")
    assert end("festival", BY, store=truth).how is Amendment.AMENDED
    assert last(truth) == (Kind.CAMPAIGN_ENDED, "operator:li", "a check")
    ended = truth.campaign("festival")
    assert ended == replace(campaign, publication=Publication.ENDED)
    assert ended is not None
    assert phase(ended, now=START, exhausted=False) is Phase.ENDED
    assert ask(truth, request("chen")) == (Refused(Why.ENDED),)
    issue(accepted, press(truth))
    with truth.shift(waiting, Stage.WAITLISTED, Stage.ACCEPTED) as unit:
        assert [row.id for row in unit.rows] == waiting
    seen = truth.view([*accepted, *waiting])
    assert [seen[i].state for i in accepted] == [State.ISSUED] * 2
    assert seen[waiting[0]].state is State.WAITLISTED
    assert flaws() == []


def test_who_decided_before_the_end_comes_too_late(truth: Truth) -> None:
    """A group that has read the terms when it was still open writes nothing, and decides again."""
    found(truth)
    late = request("chen")
    circumstances = decide.Round(now=START, new_id=new_id, start=0)
    decision = decide.decide([late], truth.look(decide.ask([late])), circumstances)
    assert isinstance(decision.answers[0], Accepted)
    before = guard(truth.modes(), "festival")
    end("festival", BY, store=truth)
    assert guard(truth.modes(), "festival") == before + 1
    with pytest.raises(Raced):
        truth.write(decision.writes)
    assert ask(truth, late) == (Refused(Why.ENDED),)


def test_other_terms_leave_the_mode_alone(truth: Truth) -> None:
    """Only an end makes those decide again who are about to take somebody in."""
    found(truth)
    before = truth.modes()
    thresholds(truth, 500)
    set_weights("festival", {Tier.P0: 9}, BY, store=truth)
    assert truth.modes() == before
