"""Why a claim stands where it stands: in a few lines, for each state that it can be in."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest
from click.testing import Result

from fulfiller.domain.breaker import Reading
from fulfiller.domain.claim import ClaimId, public_id
from fulfiller.domain.eligibility import Unsure
from fulfiller.domain.mode import Gauge
from fulfiller.domain.outcome import Accepted
from fulfiller.domain.tier import Tier
from fulfiller.domain.validity import DAY
from fulfiller.ops.person import operator
from fulfiller.service.accept import accept
from fulfiller.service.decide import Round
from fulfiller.service.issue import issue
from fulfiller.service.keep import LEASE
from fulfiller.service.move import abandon, cancel, park
from fulfiller.store.opening import open_store
from fulfiller.store.sqlstore import SqlStore
from tests.contract.world import START, found, new_id, press, request, taken_in

Run = Callable[..., Result]
PAUSE = ("campaign", "pause", "festival", "--reason", "full")


@pytest.fixture
def store(sqlite_url: str) -> Iterator[SqlStore]:
    """The same store, with a campaign in it, and processes that are seen to run."""
    with closing(open_store(sqlite_url, application="test")) as opened:
        found(opened)
        opened.lease(LEASE, "host 4711", ttl_s=600)
        opened.announce("worker", 2, ttl_s=600)
        yield opened


def lines(run: Run, claim: ClaimId) -> list[str]:
    """Return what a claim is explained with: its headline, and a line for each reason."""
    done = run("claim", "why", public_id(claim))
    assert done.exit_code == 0, done.output
    head, *rest = done.stdout.splitlines()
    assert head.startswith(f"{public_id(claim)} is ")
    return [head, *(line.strip() for line in rest)]


def told(run: Run, claim: ClaimId) -> dict[str, Any]:
    """Return the same for programs."""
    answer: dict[str, Any] = json.loads(run("claim", "why", claim, "--json").stdout)
    return answer


def test_a_waitlisted_claim_knows_its_place_and_what_holds_it(run: Run, store: SqlStore) -> None:
    """How many are ahead, whose mode it is and why, and what happens next."""
    run(*PAUSE)
    *_, third = taken_in(store, "li", "wang", "zhao")
    taken_in(store, "qian", tier=Tier.P0)
    assert lines(run, third) == [
        f"{public_id(third)} is waitlisted: festival, tier p2, came in at 2026-02-06 01:00Z",
        "2 of its tier are ahead of it in line; its money is reserved",
        f"festival is paused by {operator()}: full",
        "next: it ramps up when somebody resumes it: fulfiller campaign resume festival",
    ]
    answer = told(run, third)
    assert (answer["state"], answer["ahead"], answer["attempts"]) == ("waitlisted", 2, 0)
    assert answer["ruling"]["cause"] == "full"
    assert answer["because"] == lines(run, third)[1:]


def test_what_comes_next_follows_the_mode(run: Run, store: SqlStore) -> None:
    """A pause that ends, the service's own, a ramp, and flowing with others before one."""
    run(*PAUSE, "--until", "2126-02-28T10:00:00Z")
    (claim,) = taken_in(store, "li")
    assert lines(run, claim)[-1] == (
        "next: the pause ends at 2126-02-28 10:00Z, and then it ramps up"
    )
    run("campaign", "resume", "festival")
    assert "admitting at 1" in lines(run, claim)[2]
    assert "next: people are admitted in order, at all of the pace from " in lines(run, claim)[-1]
    run("pause", "--reason", "it moves")
    assert lines(run, claim)[2:] == [
        f"the service is paused by {operator()}: it moves",
        "next: it ramps up when somebody resumes it: fulfiller resume",
    ]


def test_a_pause_of_the_breakers_own_says_from_when_it_may_end(run: Run, store: SqlStore) -> None:
    """The hold is the least; the signals have to be clear as well."""
    found(store, id="small", backlog_threshold=1)
    ids = [
        *taken_in(store, "li", campaign="small"),
        *taken_in(store, "wang", campaign="small"),
    ]
    waiting = ids[-1]
    assert lines(run, waiting)[1:] == [
        "0 of its tier are ahead of it in line; its money is reserved",
        lines(run, waiting)[2],
        "next: once all signals are clear, from 2026-02-06 01:00Z on, it ramps up",
    ]
    assert "backlog 2 > threshold 1" in lines(run, waiting)[2]


def test_an_accepted_claim_tells_what_it_waits_for(run: Run, store: SqlStore) -> None:
    """Since when it is ready, the rate of its campaign, the backlog, and who offers it."""
    found(store, id="slow", issuing_rate="5/s", backlog_threshold=10_000)
    (claim,) = taken_in(store, "li", campaign="slow")
    fence = store.lease(LEASE, "host 4711", ttl_s=600)
    assert fence is not None
    gauge = Gauge(at=0, reading=Reading(rate=4.0), threshold=10_000, resume_at=5_000)
    store.show_gauges({"slow": gauge}, fence=fence)
    days = (store.now() - START) // DAY
    assert lines(run, claim)[1:] == [
        f"ready to be issued since 2026-02-06 01:00Z, for {days} d",
        "its campaign issues at most 5/s over all workers",
        "backlog 1 · threshold 10,000 · resume 5,000 · 4/s · drain 0 s · oldest 0 s",
        "its intake left it to the keeper, which offers it to the workers in order",
    ]
    store.attempt((claim,))
    assert lines(run, claim)[-1] == "attempts that failed or were cut short: 1"
    assert told(run, claim)["attempts"] == 1


def test_a_claim_that_its_intake_offered_has_a_hint_out(run: Run, store: SqlStore) -> None:
    """Only the intake notes what it published; nobody counts what the keeper did."""
    now = store.now()
    found(store, id="live", opens_at=now - DAY, closes_at=now + DAY)
    rules = Round(now=now, new_id=new_id, short=(Tier.P2,))
    (answer,) = accept((request("li", campaign="live"),), store=store, circumstances=rules)
    assert isinstance(answer, Accepted)
    assert "so a hint is probably out" in lines(run, answer.claim.id)[-1]
    assert told(run, answer.claim.id)["offered_at"] is not None


def test_a_claim_that_a_hook_is_unsure_of_says_since_when(run: Run, store: SqlStore) -> None:
    """When it was first asked, and when the claim can be issued at the earliest."""
    now = store.now()
    (claim,) = taken_in(store, "li")
    hook = replace(press(store), now=lambda: now + DAY, ask=lambda asked: [Unsure()] * len(asked))
    assert issue([claim], hook).left == (claim,)
    said = lines(run, claim)
    assert said[1].startswith("not to be issued before ")
    assert said[-1].startswith("the eligibility hook has been unsure of it since ")
    facts = told(run, claim)
    assert (facts["unsure_since"] is None, facts["offered_at"]) == (False, None)


def test_a_held_claim_says_who_holds_it(run: Run, store: SqlStore) -> None:
    """The campaign's hold and the service's, both where both are."""
    (claim,) = taken_in(store, "li")
    assert told(run, claim)["held"] is False
    run("campaign", "hold", "festival", "--reason", "wrong value")
    run("hold", "--reason", "wrong codes")
    assert lines(run, claim)[2:4] == [
        f"festival issues nothing: held by {operator()}: wrong value",
        f"the service issues nothing: held by {operator()}: wrong codes",
    ]
    assert told(run, claim)["held"] is True


def test_what_nobody_runs_is_a_reason(run: Run, store: SqlStore) -> None:
    """Without a keeper or a worker a claim waits for ever, and it says so."""
    (claim,) = taken_in(store, "li")
    store.release_lease(LEASE, "host 4711")
    store.announce("worker", 0, ttl_s=600)
    assert [line.partition(",")[0] for line in lines(run, claim)[-2:]] == [
        "no keeper leads",
        "no worker was seen in the last 10 s",
    ]


def test_a_parked_claim_says_why_and_what_to_do(run: Run, store: SqlStore) -> None:
    """By whom, for what, and the two ways on."""
    (claim,) = taken_in(store, "li")
    park((claim,), "it is bad", store=store, now=START, actor="worker")
    assert lines(run, claim)[1:] == [
        "parked since 2026-02-06 01:00Z by worker: it is bad",
        "attempts: 0; its money stays reserved",
        f"next: fulfiller parked replay|abandon {public_id(claim)}",
    ]


def test_an_ended_claim_says_how_and_when(run: Run, store: SqlStore) -> None:
    """Issued with its coupon, but never its code; declined and cancelled with who did it."""
    issued, declined, cancelled = taken_in(store, "li", "wang", "zhao")
    issue([issued], press(store))
    park((declined,), "it is bad", store=store, now=START, actor="worker")
    abandon((declined,), "a robot", store=store, now=START, actor="operator:li")
    assert cancel(cancelled, store=store, now=START, account="shop", actor="shop")
    coupon = store.view((issued,))[issued].coupon
    assert coupon is not None
    assert lines(run, issued)[1:] == [
        "issued at 2026-02-06 01:00Z, 0 s after it came in",
        f"its coupon {coupon.public_id} is expired; valid until 2026-03-08 01:00Z",
    ]
    assert lines(run, declined)[1:] == ["declined at 2026-02-06 01:00Z by operator:li: a robot"]
    assert lines(run, cancelled)[1].startswith("cancelled at 2026-02-06 01:00Z by shop")
    assert told(run, issued)["ready_at"] is None


@pytest.mark.parametrize(("name", "code"), [(public_id(ClaimId(new_id())), 1), ("clm_7", 2)])
def test_a_claim_that_is_not_there_fails(run: Run, store: SqlStore, name: str, code: int) -> None:
    """Unknown is 1, no id at all is 2."""
    assert store.campaigns()
    done = run("claim", "why", name)
    assert (done.exit_code, done.stdout) == (code, "")
