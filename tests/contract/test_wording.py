"""A campaign's own words, on every kind of store: one row, one event, and nothing else."""

from dataclasses import replace
from json import loads

from fulfiller.domain.event import Kind
from fulfiller.domain.validity import DAY
from fulfiller.service.extend import Extension, extend
from fulfiller.service.wording import Worded, Wording, Words, word
from fulfiller.wiring import Truth
from tests.contract.crowd import together
from tests.contract.world import START, Open, everything, found, taken_in

WORDS: Words = {
    "en": {"opening": {"paused": 'We "pause" for a moment.'}},
    "zh-Hans": {"when": {"since": "从{moment}起。"}, "do": {"nothing": "请稍候。"}},
}


def worded(store: Truth, words: Words, name: str = "festival") -> Worded:
    """Give a campaign these words."""
    return word(name, words, store=store, now=START, actor="operator:li")


def test_words_are_kept_as_they_were_given(truth: Truth) -> None:
    """They replace those before, all other terms stay, and the log has the words."""
    campaign = found(truth, patience={"en": {"opening": {"full": "Full."}}})
    taken_in(truth, "li")
    before = everything(truth)
    done = worded(truth, WORDS)
    assert done == Worded(Wording.WORDED, replace(campaign, patience=WORDS))
    assert truth.campaign("festival") == done.campaign
    after = everything(truth)
    assert after[1:] == before[1:]
    event = truth.unsealed(after=(0, 0), limit=99)[-1].event
    assert (event.kind, event.actor, event.campaign) == (
        Kind.PATIENCE_WORDED,
        "operator:li",
        "festival",
    )
    assert loads(event.detail) == WORDS
    assert worded(truth, {}).campaign == replace(campaign, patience={})


def test_the_same_words_again_write_nothing(truth: Truth) -> None:
    """Neither does giving words to a campaign that there is not."""
    found(truth)
    assert worded(truth, WORDS).how is Wording.WORDED
    before = everything(truth)
    assert worded(truth, WORDS).how is Wording.ALREADY
    assert worded(truth, WORDS, "nowhere") == Worded(Wording.UNKNOWN_CAMPAIGN)
    assert everything(truth) == before


def test_words_and_an_extension_at_once_are_both_kept(truth: Truth, open_one: Open) -> None:
    """Whoever loses the race reads the terms again, and takes nothing back."""
    found(truth)
    until = START + 60 * DAY

    def lengthen(store: Truth) -> object:
        return extend("festival", until, store=store, now=START, actor="test").how

    answers = together(open_one, [lengthen, lambda store: worded(store, WORDS).how] * 4)
    assert answers.count(Extension.EXTENDED) == answers.count(Wording.WORDED) == 1
    campaign = truth.campaign("festival")
    assert campaign is not None
    assert (campaign.floor, campaign.patience) == (until, WORDS)
