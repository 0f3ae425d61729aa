"""Refusals reach the store: by campaign and code, a second later, and never in anybody's way."""

from contextlib import closing

import pytest

from fulfiller.domain.error import StoreUnavailable
from fulfiller.intake import refusals as module
from fulfiller.store.opening import open_store
from fulfiller.wiring import Truth
from tests.intake.door import NAME, body, opened, submit
from tests.intake.limited import batch, limits
from tests.waiting import until


def told(url: str) -> dict[str, dict[str, int]]:
    """Return what the store has been told."""
    with closing(open_store(url, application="test")) as store:
        return {campaign: dict(codes) for campaign, codes in store.refusals().items()}


def test_what_is_refused_is_told_by_campaign_and_code(store_url: str) -> None:
    """One by one and in batches, by the core and by door limits; what nobody created is not."""
    with opened(store_url, door=limits(user=("1/h", 1))) as door, door.caller() as caller:
        door.campaign(budget=2_500)
        door.campaign("over", closes_at=door.store.now() - 1)
        assert submit(caller, "first", body("li")).status_code == 202
        assert submit(caller, "again", body("li", grant="b")).status_code == 429
        assert submit(caller, "late", body("wang", "over")).status_code == 410
        assert submit(caller, "nowhere", body("wu", "made-up")).status_code == 404
        assert batch(caller, ["u0", "u1", "u2"]).status_code == 207
        wanted = {NAME: {"rate_limited": 1, "sold_out": 3}, "over": {"ended": 1}}
        until(lambda: told(store_url) == wanted, what="the store has been told")
        submit(caller, "later", body("zhao"))
    # What was not told within the second is told when an intake ends in order.
    assert told(store_url)[NAME]["sold_out"] == 4


def test_a_second_intake_adds_to_the_first(sqlite_url: str) -> None:
    """Each has a name of its own, and begins at nothing."""
    for _ in range(2):
        with opened(sqlite_url) as door, door.caller() as caller:
            if not door.store.campaigns():
                door.campaign("over", closes_at=door.store.now() - 1)
            submit(caller, "late", body("wang", "over"))
    assert told(sqlite_url) == {"over": {"ended": 2}}


class Mute:
    """A store that does not take what it is told of refusals, as often as it is said."""

    def __init__(self, store: Truth, left: list[int]) -> None:
        """Refuse so many times."""
        self._store = store
        self._left = left

    def __getattr__(self, name: str) -> object:
        """Pass everything on but this."""
        if name == "tell_refusals" and self._left[0] > 0:
            self._left[0] -= 1
            raise StoreUnavailable("it is away")
        return getattr(self._store, name)


def test_a_store_that_is_away_is_told_later(sqlite_url: str) -> None:
    """Nothing is forgotten, nothing counted twice, and claims go on meanwhile."""
    left = [3]
    with (
        opened(sqlite_url, each_store=lambda store: Mute(store, left)) as door,  # type: ignore[return-value,arg-type]
        door.caller() as caller,
    ):
        door.campaign()
        door.campaign("over", closes_at=door.store.now() - 1)
        submit(caller, "late", body("wang", "over"))
        assert submit(caller, "in time", body("li")).status_code == 202
        until(lambda: told(sqlite_url) == {"over": {"ended": 1}}, within_s=10)
    assert left == [0]


def test_after_a_long_silence_it_begins_anew(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For others may have folded its rows by then: the sum is the same as if they had not."""
    monkeypatch.setattr(module, "NAMED_S", 0.0)
    with opened(sqlite_url) as door, door.caller() as caller:
        door.campaign("over", closes_at=door.store.now() - 1)
        for number in range(1, 3):
            submit(caller, f"late {number}", body("wang", "over"))
            until(lambda number=number: told(sqlite_url) == {"over": {"ended": number}})  # type: ignore[misc]
            door.store.fold_refusals(before=door.store.now() + 1_000_000)
            assert told(sqlite_url) == {"over": {"ended": number}}
