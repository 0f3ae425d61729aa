"""Controls without a browser: what is still goes on, rates, and words that are heard before."""

import re

from fulfiller.domain.breaker import Mode
from fulfiller.domain.campaign import Campaign
from fulfiller.domain.event import Kind
from fulfiller.store.sqlstore import SqlStore
from tests.contract.world import everything
from tests.ops.flower.steer.deeds import ACTOR, OWN, WORDS, last, shown
from tests.ops.flower.steer.visitor import Steered, Visitor

KEY = "canary-shop@example.com"


def test_what_stands_still_goes_on(operator: Visitor, store: SqlStore, festival: Campaign) -> None:
    """Paused and held, then resumed and unheld; once more, and nothing is changed."""
    path = f"/campaigns/steer/{festival.id}"
    modes = []
    for control in ("pause", "hold", "resume", "unhold"):
        done = operator.confirm(path, operator.fill(path, control))
        assert "Done: " in done.text
        row = store.modes()[festival.id]
        modes.append((row.mode, row.held))
    assert modes == [
        (Mode.PAUSED, False),
        (Mode.PAUSED, True),
        (Mode.RAMPING, True),
        (Mode.RAMPING, False),
    ]
    assert (last(store).kind, last(store).actor) == (Kind.MODE_UNHELD, ACTOR)
    before = everything(store, festival.id)
    again = operator.confirm(path, operator.fill(path, "unhold"))
    assert "It was so already." in again.text
    assert everything(store, festival.id) == before


def test_a_merchant_is_named_to_nobody_who_only_looks(
    steered: Steered, operator: Visitor, store: SqlStore, festival: Campaign
) -> None:
    """Whoever sets the rate reads of whom; later pages and the log say that there is one."""
    path = f"/campaigns/steer/{festival.id}"
    done = operator.confirm(path, operator.fill(path, "rate", rate="9/h", key=KEY))
    assert f"{KEY} in {festival.id} issues at most 9/h" in done.text
    assert [pace.scope[1] for pace in store.rates(festival.id)] == [KEY]
    later = operator.get(path).text
    assert "limit keys with a rate of their own: 1." in later
    assert [where for where in (later, steered.door.process.text()) if "canary" in where] == []


def test_words_are_heard_in_each_language_before_they_are_said(
    operator: Visitor, festival: Campaign
) -> None:
    """First those that are others than before; a form that comes back keeps them."""
    path = f"/campaigns/steer/{festival.id}"
    asked = operator.fill(path, "patience", words=WORDS)
    heard = re.findall(r'<blockquote lang="([^"]+)" dir="auto">(.*?)</blockquote>', asked.text)
    assert {language for language, _ in heard} == {"ar", "en", "zh-Hans", "zh-Hant"}
    marks = re.findall(r'data-changed="(\w+)"', asked.text)
    assert marks == sorted(marks, reverse=True)
    changed = {language for (language, _), mark in zip(heard, marks, strict=True) if mark == "yes"}
    assert changed == {"en", "zh-Hans"}
    assert any(message.startswith(OWN) for _, message in heard)
    assert "Done: " in operator.confirm(path, asked).text
    assert "It has words of its own in en, zh-Hans." in operator.get(path).text
    taken_back = operator.fill(path, "patience", words="")
    assert "patience" in shown(taken_back.text, "command")
    assert "--clear" in shown(taken_back.text, "command")
    assert "All is said as shipped." in operator.confirm(path, taken_back).text
