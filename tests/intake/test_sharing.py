"""Door limits of several intakes: kept together over a real broker, and alone without one."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from redis import Redis

from fulfiller.broker.door import SILENT_MS
from fulfiller.broker.topology import DOOR_KEY, key
from fulfiller.clock import monotonic
from fulfiller.intake.buckets import DIGEST_BYTES, Buckets
from fulfiller.ops.embedded.server import Server
from tests.intake.door import Door, opened
from tests.intake.limited import KEY, batch, bucket, claims, limits
from tests.intake.stage import AT_ONCE
from tests.intake.test_metrics import scrape
from tests.waiting import until

LIMITS = limits(user=("1/h", 5), account=("1/h", 8))
CANARY = "canary-user@example.com"
AT_MOST_S = 0.5
"""An answer is late after that, on the busiest of machines."""


@contextmanager
def intake(store_url: str, broker_url: str) -> Iterator[tuple[Door, httpx.Client]]:
    """Run an intake with these limits, and a caller of it."""
    with (
        opened(store_url, broker_url=broker_url, door=LIMITS, limits=AT_ONCE) as door,
        door.caller("canary-account") as caller,
    ):
        yield door, caller


def left(caller: httpx.Client) -> int:
    """Return what the account has left, as an intake knows; asking with nothing sound is free."""
    answer = caller.post("/v1/claims/batch", json={"claims": [1]})
    name, rest, _ = answer.headers["ratelimit"].split(";")
    assert (name, rest[:2]) == ('"account"', "r=")
    return int(rest[2:])


def shared(door: Door) -> float | None:
    """Return the gauge of what is shared."""
    return scrape(door).value("door_limits_shared")


def test_intakes_keep_a_limit_together(sqlite_url: str, valkey: Server) -> None:
    """What one let in, another counts, and one that starts now as well; and nobody is named."""
    with (
        intake(sqlite_url, valkey.url) as (one, first),
        intake(sqlite_url, valkey.url) as (_, second),
    ):
        one.campaign(per_user_limit=100)
        results = batch(first, [CANARY] * 5 + ["a", "b"]).json()["results"]
        assert {each["status"] for each in results} == {202}
        until(lambda: left(second) == 1)
        refused = claims(second, CANARY, 1)[0]
        assert refused.json()["violated-policies"] == ["user"]
        assert claims(second, "c", 1)[0].status_code == 202
        until(lambda: left(first) == 0)
        assert claims(first, "d", 1)[0].json()["violated-policies"] == ["account"]
        with intake(sqlite_url, valkey.url) as (third, late):
            until(lambda: left(late) == 0)
            assert shared(third) == 1
        with Redis.from_url(valkey.url) as redis:
            keys = [each.decode() for each in redis.keys("*")]
            told = repr(redis.xrange(key(DOOR_KEY)))
            assert all(each.startswith("fulfiller:") for each in keys)
            assert 0 < redis.pttl(key(DOOR_KEY)) <= SILENT_MS
        assert "canary" not in repr(keys) + told
        assert "user" in told


def test_a_frozen_broker_slows_nothing(sqlite_url: str, valkey: Server) -> None:
    """While it hangs, and longer than its timeout, each intake keeps its limits alone."""
    with (
        intake(sqlite_url, valkey.url) as (one, first),
        intake(sqlite_url, valkey.url) as (_, second),
    ):
        one.campaign(per_user_limit=100)
        until(lambda: shared(one) == 1)
        valkey.freeze()
        took, statuses = [], []

        def gone() -> bool:
            began = monotonic()
            statuses.append(claims(first, "li", 1)[0].status_code)
            took.append(monotonic() - began)
            return one.parts.tally.limits_shared is False

        until(gone, within_s=20)
        assert max(took) < AT_MOST_S
        assert statuses[:6] == [202] * 5 + [429]
        assert {each.status_code for each in claims(second, "li", 5)} == {202}
        valkey.thaw()
        until(lambda: shared(one) == 1)
        claims(first, "wang", 1)
        # What was told to the frozen one may arrive late, or never.
        until(lambda: left(second) <= 2)


def test_a_broker_that_was_killed_is_found_again(sqlite_url: str, valkey: Server) -> None:
    """The gauge falls, the limits stand, and with an empty broker sharing goes on."""
    with (
        intake(sqlite_url, valkey.url) as (one, first),
        intake(sqlite_url, valkey.url) as (_, second),
    ):
        one.campaign(per_user_limit=100)
        claims(first, "li", 1)
        until(lambda: left(second) == 7)
        valkey.kill()
        until(lambda: shared(one) == 0)
        assert [each.status_code for each in claims(first, "li", 5)] == [202] * 4 + [429]
        valkey.restart()
        until(lambda: shared(one) == 1)
        claims(first, "wang", 2)
        until(lambda: left(second) <= 5)


def test_memory_is_bounded_and_the_newest_are_remembered() -> None:
    """However many come, by this door or another; and a bucket in use keeps what it owes."""
    buckets = Buckets("user", bucket("1/h", 5), key=KEY, kept_max=1_000)
    for number in range(10_000):
        whose = buckets.whose(f"user-{number}")
        buckets.let_in(whose, 7)
        buckets.hear(bytes([number % 256]) * DIGEST_BYTES, 7)
        assert len(buckets) <= 1_000
        assert buckets.tat(buckets.whose(f"user-{max(0, number - 240)}")) == 7
    assert buckets.tat(buckets.whose("user-1")) == 0


def test_a_digest_is_of_whom_and_of_what_and_of_the_key() -> None:
    """Nobody shares a bucket with anybody else, and nobody without the key knows whose it is."""

    def digest(name: str, whose: str, key: bytes = KEY) -> bytes:
        return Buckets(name, bucket("1/h", 5), key=key, kept_max=10).whose(whose)

    every = [digest("user", "li"), digest("user", "lu"), digest("account", "li")]
    every += [digest("user", "li", KEY[:-1]), digest("userl", "i")]
    assert len(set(every)) == len(every)
    assert {len(each) for each in every} == {DIGEST_BYTES}
    assert digest("user", "li") == every[0]
