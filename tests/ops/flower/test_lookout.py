"""The lookout: however many look, the store is read once, in a thread of its own."""

import asyncio
from contextlib import closing
from threading import Event, get_ident

import pytest

from fulfiller.ops.flower import lookout as module
from fulfiller.ops.flower.history.ring import Range
from fulfiller.ops.flower.lookout import Lookout
from fulfiller.service.port import Store
from fulfiller.store.opening import open_store
from tests.contract.world import found
from tests.waiting import until

VIEWERS = 50


def test_all_viewers_share_one_reading(sqlite_url: str) -> None:
    """Fifty who look at once get the very same sight, and so does who looks right after them."""
    lookout = Lookout(lambda: open_store(sqlite_url))

    async def crowd() -> set[int]:
        views = await asyncio.gather(*(lookout.view() for _ in range(VIEWERS)))
        return {id(view.sight) for view in (*views, await lookout.view())}

    assert len(asyncio.run(crowd())) == 1


def test_who_looks_later_sees_what_is_new(sqlite_url: str) -> None:
    """A second after the last reading the store is read again."""
    lookout = Lookout(lambda: open_store(sqlite_url))

    def seen() -> list[str]:
        sight = asyncio.run(lookout.view()).sight
        return [] if sight is None else list(sight.stripes)

    assert seen() == []
    with closing(open_store(sqlite_url)) as store:
        found(store)
    until(lambda: seen() == ["festival"])


def test_the_store_is_opened_once_and_elsewhere(sqlite_url: str) -> None:
    """Not by the thread of the event loop, which must never wait for it."""
    opened: list[int] = []

    def open_one() -> Store:
        opened.append(get_ident())
        return open_store(sqlite_url)

    lookout = Lookout(open_one)
    assert opened == []
    first = asyncio.run(lookout.view())
    until(lambda: asyncio.run(lookout.view()).sight is not first.sight)
    assert len(opened) == 1
    assert opened != [get_ident()]


def test_a_store_that_does_not_answer_is_not_waited_for(sqlite_url: str) -> None:
    """The page says so after a while; the answer is taken when it comes, by the same reading."""
    goes_on = Event()

    def slow() -> Store:
        assert goes_on.wait(10)
        return open_store(sqlite_url)

    lookout = Lookout(slow, patience_s=0.05)
    view = asyncio.run(lookout.view())
    assert view.sight is None
    assert view.trouble is not None
    assert "has not answered for" in view.trouble.error
    goes_on.set()
    until(lambda: asyncio.run(lookout.view()).trouble is None)


def test_what_nobody_expected_is_no_text_for_a_page() -> None:
    """A fault that is not ours is named by its kind; its text may hold anything."""

    def broken() -> Store:
        raise ValueError("canary")

    trouble = asyncio.run(Lookout(broken).view()).trouble
    assert trouble is not None
    assert "ValueError" in trouble.error
    assert "canary" not in trouble.error


def _samples(lookout: Lookout) -> int:
    past = lookout.annals.past("festival", Range.MINUTES)
    return 0 if past is None else len(past.samples)


def test_it_looks_by_itself_and_remembers(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """While nobody looks, too, so that there is no hole in what was; until it is closed."""
    monkeypatch.setattr(module, "IDLE_TICK_S", 0.6)
    monkeypatch.setattr(module, "EVERY_S", 0.01)
    with closing(open_store(sqlite_url)) as store:
        found(store)
    lookout = Lookout(lambda: open_store(sqlite_url))
    with closing(lookout):
        lookout.keep_looking()
        until(lambda: _samples(lookout) > 1)
    assert lookout.seen().trouble is None


def test_who_comes_first_wakes_it_and_hears_of_each_reading(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long its pause would have been; from then on it looks at each tick."""
    monkeypatch.setattr(module, "IDLE_TICK_S", 600.0)
    monkeypatch.setattr(module, "TICK_S", 0.05)
    monkeypatch.setattr(module, "EVERY_S", 0.01)
    with closing(open_store(sqlite_url)) as store:
        found(store)
    lookout = Lookout(lambda: open_store(sqlite_url))

    async def hear() -> list[bool]:
        lookout.seen("festival")
        return [await lookout.news(5) for _ in range(3)]

    with closing(lookout):
        lookout.keep_looking()
        until(lambda: lookout.annals.past("festival", Range.ALL))
        assert asyncio.run(hear()) == [True] * 3
        sight = lookout.seen().sight
    # Of a campaign that somebody looks at closely, what waits for which rate is read, too.
    assert sight is not None
    assert list(sight.traffic) == ["festival"]


def test_no_news_is_told_in_time(sqlite_url: str) -> None:
    """Nobody waits for a reading longer than they said."""
    lookout = Lookout(lambda: open_store(sqlite_url))
    assert asyncio.run(lookout.news(0.01)) is False


def test_a_store_that_is_away_is_looked_for_again(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault ends no sampler: those who wait hear of it, and of the first good reading."""
    monkeypatch.setattr(module, "TICK_S", 0.05)
    monkeypatch.setattr(module, "IDLE_TICK_S", 0.05)
    monkeypatch.setattr(module, "EVERY_S", 0.01)
    is_back = Event()

    def open_one() -> Store:
        if not is_back.is_set():
            raise ValueError("away")
        return open_store(sqlite_url)

    lookout = Lookout(open_one)
    with closing(lookout):
        lookout.keep_looking()
        until(lambda: lookout.seen().trouble)
        is_back.set()
        until(lambda: lookout.seen().sight)
        assert lookout.seen().trouble is None
