"""Live: however many look at a campaign or at all, it is drawn and written once per reading."""

import asyncio
import json
from contextlib import closing
from dataclasses import replace

import pytest

from fulfiller.ops.flower import lookout as module
from fulfiller.ops.flower.detail import Detail
from fulfiller.ops.flower.hearing.ear import Ear
from fulfiller.ops.flower.history.ring import Range
from fulfiller.ops.flower.live import Live, Told
from fulfiller.ops.flower.lookout import Lookout, View
from fulfiller.ops.flower.pages import Drawing
from fulfiller.ops.flower.trouble import Trouble
from fulfiller.store.opening import open_store
from tests.contract.world import found
from tests.waiting import until

VIEWERS = 50


def test_all_viewers_are_told_by_one_drawing(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The very same bytes for all of them; the next reading is drawn anew."""
    monkeypatch.setattr(module, "EVERY_S", 0.01)
    drawn: list[str] = []

    def draw(template: str, shown: Detail | None, view: View) -> str:
        assert shown is not None
        assert view.sight is not None
        drawn.append(template)
        return shown.panel.state

    with closing(open_store(sqlite_url)) as store:
        found(store)
    lookout = Lookout(lambda: open_store(sqlite_url))
    live = Live(lookout, Ear())
    with closing(lookout):
        view = asyncio.run(lookout.view("festival"))
        told = {id(live.tell("festival", view, draw)) for _ in range(VIEWERS)}
        assert (len(told), drawn) == (1, ["campaign-head.html", "campaign-rest.html"])
        assert json.loads(live.tell("festival", view, draw).whole)["head"] == "flowing"
        until(lambda: asyncio.run(lookout.view()).sight is not view.sight)
        live.tell("festival", lookout.seen(), draw)
        assert len(drawn) == 4


def test_the_overview_is_drawn_once_for_all_who_look(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As long as it would look the same: another reading, trouble or age is drawn anew."""
    monkeypatch.setattr(module, "EVERY_S", 60.0)
    drawn: list[View] = []

    def draw(view: View) -> bytes:
        drawn.append(view)
        return str(len(drawn)).encode()

    with closing(open_store(sqlite_url, application="test")) as store:
        found(store)
        lookout = Lookout(lambda: store)
        drawing, view = Drawing(), asyncio.run(lookout.view())
        lookout.close()
    assert {drawing.of(view, draw) for _ in range(VIEWERS)} == {b"1"}
    late = replace(view, age_s=view.age_s + 1, trouble=Trouble("it is slow", "Wait."))
    others = (replace(view, age_s=view.age_s + 1), late, replace(late, sight=None), view)
    assert [drawing.of(each, draw) for each in others] == [b"2", b"3", b"4", b"5"]


def _told(at: int, *, head: str = "flowing", rest: str = "8 issued", issued: int = 8) -> Told:
    points = {Range.MINUTES.value: [[1.0, 7], [at / 1e6, issued]]}
    return Told(reading=(at, ""), head=head, rest=rest, marks="", points=points)


def test_what_has_not_changed_is_not_told_again() -> None:
    """Only parts that are new, with the newest figures; nothing at all if only time has passed."""
    first = _told(1_000_000)
    assert _told(2_000_000).since(first) is None
    assert json.loads(_told(2_000_000).still) == {"at": 2.0}
    more = _told(2_000_000, rest="9 issued", issued=9).since(first)
    assert json.loads(more or b"") == {
        "rest": "9 issued", "at": 2.0, "points": {"5m": [[1.0, 7], [2.0, 9]]},
    }  # fmt: skip
    figures = _told(2_000_000, issued=9).since(first)
    assert json.loads(figures or b"").keys() == {"at", "points"}
