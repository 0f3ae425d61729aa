"""The relay: a crowd of viewers costs one write each when something changes, and else nothing."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from socket import socket, socketpair
from typing import Any

import pytest
from tornado.iostream import IOStream

from fulfiller.domain.stripe import Count
from fulfiller.ops.flower import lookout as looking
from fulfiller.ops.flower import relay as relaying
from fulfiller.ops.flower import viewer as viewing
from fulfiller.ops.flower.detail import Detail
from fulfiller.ops.flower.hearing.ear import Ear
from fulfiller.ops.flower.history.ring import Range
from fulfiller.ops.flower.live import HEAD, Live
from fulfiller.ops.flower.lookout import Lookout, View
from fulfiller.ops.flower.relay import Relay, Relays
from fulfiller.ops.flower.viewer import Frame, Viewer
from fulfiller.store.opening import open_store
from tests.contract.world import found, taken_in

VIEWERS = 50
READINGS = 20
WITHIN_S = 10.0
Event = dict[str, Any]
BIG = Frame(b"a" * 3_000_000)
ALL = Frame(b"all of it")


@pytest.fixture
def live(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    """What is told of the festival, read again and again as for somebody who looks."""
    monkeypatch.setattr(looking, "EVERY_S", 0.01)
    monkeypatch.setattr(looking, "TICK_S", 0.01)
    monkeypatch.setattr(relaying, "STILL_S", 60.0)
    with closing(open_store(sqlite_url)) as store:
        found(store)
    lookout = Lookout(lambda: open_store(sqlite_url))
    with closing(lookout):
        lookout.keep_looking()
        yield Live(lookout, Ear())


def draw(template: str, shown: Detail | None, view: View) -> str:
    """Draw how many have entered."""
    assert shown is not None
    assert view.sight is not None
    return f"{template}: {shown.panel.count(Count.ENTERED)} entered"


@contextmanager
def streams(number: int) -> Iterator[list[tuple[Viewer, socket]]]:
    """Lend viewers, each with the other end of its stream."""
    pairs = [socketpair() for _ in range(number)]
    opened = [IOStream(ours) for ours, _ in pairs]
    for _, theirs in pairs:
        theirs.settimeout(0)
    try:
        yield [
            (Viewer(stream, chunked=False), theirs)
            for stream, (_, theirs) in zip(opened, pairs, strict=True)
        ]
    finally:
        for stream, (_, theirs) in zip(opened, pairs, strict=True):
            stream.close()
            theirs.close()


@asynccontextmanager
async def crowd(live: Live, number: int) -> AsyncIterator[tuple[Relay, list[socket]]]:
    """Have so many look, each of whom has been told everything once."""
    await live.lookout.view("festival")
    relay = Relays(live).of("festival")
    with streams(number) as lent:
        for viewer, _ in lent:
            relay.join(viewer, draw)
        ends = [theirs for _, theirs in lent]
        assert {(await told(theirs))["head"] for theirs in ends} == {f"{HEAD}: 0 entered"}
        yield relay, ends


def has_head(event: Event) -> bool:
    """Return whether an event tells of the state."""
    return "head" in event


async def heard(theirs: socket) -> bytes:
    """Return what arrives next."""
    async with asyncio.timeout(WITHIN_S):
        return await asyncio.get_running_loop().sock_recv(theirs, 1 << 20)


async def told(theirs: socket, is_it: Callable[[Event], bool] = has_head) -> Event:
    """Return the next event of a kind."""
    async with asyncio.timeout(WITHIN_S):
        while True:
            for line in (await heard(theirs)).splitlines():
                found: Event = json.loads(line.removeprefix(b"data: ") or b"{}")
                if is_it(found):
                    return found


def unheard(theirs: socket) -> bytes:
    """Return what has arrived so far."""
    try:
        return theirs.recv(1 << 20)
    except BlockingIOError:
        return b""


def test_while_nothing_changes_nobody_is_told_anything(live: Live) -> None:
    """Fifty look and twenty readings are made; each range may begin, and that is all."""

    async def run() -> None:
        async with crowd(live, VIEWERS) as (_, ends):
            for _ in range(READINGS):
                assert await live.lookout.news(WITHIN_S)
            events = {unheard(theirs).count(b"data: ") for theirs in ends}
            assert max(events) <= len(Range)

    asyncio.run(run())


def test_what_changes_reaches_everybody_as_the_same_bytes(live: Live, sqlite_url: str) -> None:
    """One event with what is new."""

    async def run() -> None:
        async with crowd(live, VIEWERS) as (_, ends):
            await asyncio.to_thread(_enter, sqlite_url)
            events = [await told(theirs) for theirs in ends]
            assert all(event == events[0] for event in events)
            assert events[0]["head"] == f"{HEAD}: 1 entered"

    asyncio.run(run())


def _enter(sqlite_url: str) -> None:
    with closing(open_store(sqlite_url)) as store:
        taken_in(store, "li")


def test_a_still_page_is_told_that_it_is_looked_after(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From time to time, and by nothing but the time."""

    async def run() -> None:
        async with crowd(live, 2) as (_, ends):
            monkeypatch.setattr(relaying, "STILL_S", 0.0)
            for theirs in ends:
                await told(theirs, lambda event: event.keys() == {"at"})

    asyncio.run(run())


def test_who_goes_is_forgotten_and_the_last_one_ends_it(live: Live) -> None:
    """Nothing is told to nobody, and nothing waits to be."""

    async def run() -> None:
        async with crowd(live, 2) as (relay, ends):
            for left, theirs in zip((1, 0), ends, strict=True):
                theirs.close()
                async with asyncio.timeout(WITHIN_S):
                    while relay.viewers > left:
                        await live.lookout.news(WITHIN_S)
            async with asyncio.timeout(WITHIN_S):
                while len(asyncio.all_tasks()) > 1:
                    await live.lookout.news(WITHIN_S)

    asyncio.run(run())


def test_a_page_that_can_no_longer_be_drawn_is_not_left_standing(live: Live) -> None:
    """Its streams end, and browsers ask again."""
    calls = iter(range(4))

    def failing(template: str, shown: Detail | None, view: View) -> str:
        if next(calls, 9) > 1:
            raise ValueError("it can't be drawn")
        return draw(template, shown, view)

    async def run() -> None:
        await live.lookout.view("festival")
        with streams(1) as ((viewer, theirs),):
            Relays(live).of("festival").join(viewer, failing)
            await told(theirs)
            while await heard(theirs):
                pass

    asyncio.run(run())


def test_for_a_slow_viewer_no_more_than_one_event_waits() -> None:
    """What comes meanwhile is left out, and all of it told at once as soon as there is room."""

    async def run() -> None:
        with streams(1) as ((viewer, theirs),):
            for _ in range(READINGS):
                viewer.send(BIG, lambda: ALL)
            came = b""
            while len(came) < len(BIG.bare):
                came += await heard(theirs)
            assert came == BIG.bare
            assert unheard(theirs) == b""
            viewer.send(Frame(b"what is new"), lambda: ALL)
            assert await heard(theirs) == ALL.bare
            viewer.send(Frame(b"what is new"), lambda: ALL)
            assert await heard(theirs) == b"what is new"

    asyncio.run(run())


def test_who_takes_nothing_for_too_long_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stream is closed with what waits for it."""
    monkeypatch.setattr(viewing, "PATIENCE_S", 0.0)

    async def run() -> None:
        with streams(1) as ((viewer, _),):
            viewer.send(BIG, lambda: ALL)
            assert not viewer.is_gone
            viewer.send(BIG, lambda: ALL)
            assert viewer.is_gone

    asyncio.run(run())
