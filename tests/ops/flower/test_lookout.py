"""The lookout: however many look, the store is read once, in a thread of its own."""

import asyncio
from contextlib import closing
from threading import Event, get_ident

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
