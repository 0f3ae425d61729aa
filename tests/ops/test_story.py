"""A claim's whole story, found by whatever somebody knows of it."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from click.testing import Result

from fulfiller.domain.act import Verb
from fulfiller.domain.claim import ClaimId, public_id
from fulfiller.domain.code import BODY_SYMBOLS, CodeKey, grouped, lookup, mint
from fulfiller.domain.coupon import COUPON_PREFIX
from fulfiller.domain.tier import Tier
from fulfiller.domain.validity import SECOND
from fulfiller.ops.search import find
from fulfiller.service.issue import Press, issue
from fulfiller.service.keep import LEASE
from fulfiller.service.move import cancel, park, replay
from fulfiller.service.redeem import OPERATOR, Denied, Order, handle
from fulfiller.settings import load
from fulfiller.store.opening import open_store
from fulfiller.store.sqlstore import SqlStore
from fulfiller.wiring import code_key
from tests.contract.world import START, found, taken_in

Run = Callable[..., Result]


@pytest.fixture
def store(sqlite_url: str) -> Iterator[SqlStore]:
    """The same store, with two campaigns in it, and processes that are seen to run."""
    with closing(open_store(sqlite_url, application="test")) as opened:
        found(opened)
        found(opened, id="other")
        opened.lease(LEASE, "host 4711", ttl_s=600)
        opened.announce("worker", 2, ttl_s=600)
        yield opened


@pytest.fixture
def key(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> CodeKey:
    """The key behind the codes of this test's commands."""
    for name, text in environ.items():
        monkeypatch.setenv(name, text)
    return code_key(load())


def step(number: int) -> int:
    """Return an instant of the story."""
    return START + number * SECOND


def told(run: Run, *words: str) -> dict[str, Any]:
    """Return a story for programs."""
    done = run("claim", "story", *words, "--json")
    assert done.exit_code == 0, done.output
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def names(run: Run, *words: str) -> list[str]:
    """Return what is found, each claim with what it was found by."""
    found_ = json.loads(run("claim", "find", *words, "--json").stdout)
    return [f"{each['claim_id']} {each['found_by']}" for each in found_]


def redeem(store: SqlStore, claim: ClaimId, key: CodeKey) -> None:
    """Spend the coupon of a claim."""
    mark = lookup(mint(claim, 0, key).code[:BODY_SYMBOLS], key)
    order = Order(
        verb=Verb.REDEEM, lookup=mark, account=OPERATOR, key="till 4", actor="account:shop"
    )
    assert not isinstance(handle(order, store=store, now=step(90)), Denied)


def test_a_claim_is_found_by_whatever_is_known_of_it(
    run: Run, store: SqlStore, key: CodeKey
) -> None:
    """Its id with or without its prefix, its coupon's id or code, its key, its user."""
    (claim,) = taken_in(store, "li", key="order-4711")
    taken_in(store, "wang")
    issue([claim], Press(store=store, key=key, now=lambda: START))
    code = mint(claim, 0, key).code
    name = public_id(claim)
    assert names(run, name) == names(run, claim) == [f"{name} id"]
    assert names(run, f"{COUPON_PREFIX}{claim}") == [f"{name} id"]
    assert names(run, grouped(code)) == names(run, code.lower()) == [f"{name} coupon code"]
    assert names(run, "order-4711") == [f"{name} idempotency key"]
    assert names(run, "li") == [f"{name} user"]


def test_what_is_meant_by_a_word_is_told_by_the_campaign(run: Run, store: SqlStore) -> None:
    """Several claims are shown, and one has to be named before it is explained."""
    (first,) = taken_in(store, "li")
    (second,) = taken_in(store, "li", campaign="other", key="wang")
    assert names(run, "li") == [f"{public_id(first)} idempotency key", f"{public_id(second)} user"]
    done = run("claim", "why", "li")
    assert (done.exit_code, "2 claims are meant" in done.stderr) == (1, True)
    assert public_id(second) in done.stderr
    assert run("claim", "why", "li", "--campaign", "other").stdout.startswith(public_id(second))
    nobody = run("claim", "find", "li", "--campaign", "nowhere")
    assert (nobody.exit_code, "nothing is known of that" in nobody.stderr) == (1, True)
    assert run("claim", "find", "").exit_code == 1


def test_whatever_is_typed_in_finds_nothing_rather_than_failing(postgres_url: str) -> None:
    """Also what a database would choke on."""
    with closing(open_store(postgres_url, application="test")) as store:
        found(store)
        for odd in ("", "   ", "l\x00i", "\ud800", "'; drop table claim; --", "x" * 10_000):
            assert find(odd, store, key=None) == []


def test_a_story_tells_each_step_from_the_first_to_the_last(
    run: Run, store: SqlStore, key: CodeKey
) -> None:
    """Accepted among others, parked, replayed, issued, spent: who did it and why."""
    ids = taken_in(store, *"abc")
    park(ids[:1], "the till is broken", store=store, now=step(5), actor="worker")
    replay(ids[:1], store=store, now=step(60), actor="operator:li")
    issue(ids, Press(store=store, key=key, now=lambda: step(70)))
    redeem(store, ids[0], key)
    answer = told(run, public_id(ids[0]))
    assert [(each["what"], each["by"]) for each in answer["story"]] == [
        ("accepted", "intake"),
        ("parked", "worker"),
        ("replayed", "operator:li"),
        ("issued", "worker"),
        ("coupon redeemed", "account:shop"),
    ]
    accepted, parked, *_ = answer["story"]
    assert (accepted["others"], parked["others"]) == (2, 0)
    assert (parked["reason"], parked["at"]) == ("the till is broken", "2026-02-06T01:00:05Z")
    assert "is redeemed" in answer["because"][1]
    text = run("claim", "story", public_id(ids[0])).stdout
    assert "2026-02-06T01:00:05Z  parked: set aside for an operator" in text
    assert "by worker, the till is broken · 5 s after it came in" in text
    assert mint(ids[0], 0, key).code not in text + json.dumps(answer)


def test_the_story_of_a_claim_that_waits_says_so(run: Run, store: SqlStore) -> None:
    """Waitlisted, and then cancelled: it ends there."""
    run("campaign", "pause", "festival", "--reason", "full")
    first, second = taken_in(store, "li", "wang", tier=Tier.P1)
    assert [each["what"] for each in told(run, "wang")["story"]] == ["waitlisted"]
    cancel(second, store=store, now=step(9), account="shop", actor="account:shop")
    assert [each["what"] for each in told(run, second)["story"]] == ["waitlisted", "cancelled"]
    assert [each["what"] for each in told(run, first)["story"]] == ["waitlisted"]


def test_what_the_log_does_not_say_is_told_from_the_rows(
    run: Run, store: SqlStore, key: CodeKey
) -> None:
    """A log that is gone takes the names of who did it with it, and no more."""
    from sqlalchemy import text

    (claim,) = taken_in(store, "li")
    issue([claim], Press(store=store, key=key, now=lambda: step(7)))
    redeem(store, claim, key)
    with store.link.engine.begin() as connection:
        connection.execute(text("delete from event"))
    steps = told(run, "li")["story"]
    assert [(each["what"], each["at"]) for each in steps] == [
        ("came in", "2026-02-06T01:00:00Z"),
        ("issued", "2026-02-06T01:00:07Z"),
        ("coupon redeemed", None),
    ]
