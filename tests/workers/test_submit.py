"""The Celery door: claims from anybody's Celery client are in the store, once, or refused."""

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from signal import SIGCONT, SIGSTOP
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import NoPermissionError
from sqlalchemy import text

from fulfiller.broker.app import celery_app
from fulfiller.broker.queue import CeleryQueue
from fulfiller.broker.topology import key
from fulfiller.domain.claim import public_id
from fulfiller.domain.key import Scope
from fulfiller.ops.embedded.server import Server
from fulfiller.store.opening import open_store
from tests.processes import Process, start, worker_argv
from tests.waiting import until
from tests.workers.conftest import SECRET, worker_env
from tests.workers.festival import ACCOUNT, Festival
from tests.workers.upstream import (
    Upstream,
    celery_node,
    claim,
    counted_up,
    entered,
    example,
    make_key,
    raw,
    sent_ten_times,
)
from tests.workers.watch import dumped, events, of_kind
from workers.submitting import FAILED_MAX

MANUAL = (Path(__file__).parents[2] / "config/schemas/README.md").read_text()


@pytest.fixture(scope="module")
def store_url(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """One migrated SQLite file for all tests here."""
    file = tmp_path_factory.mktemp("submit") / "store.db"
    shutil.copyfile(_sqlite_template, file)
    return f"sqlite:///{file}"


@pytest.fixture(scope="module")
def festival(store_url: str) -> Iterator[Festival]:
    """One campaign for all tests here."""
    store = open_store(store_url, application="test")
    yield Festival.begin(store)
    store.close()


@pytest.fixture(scope="module")
def worker(_valkey: Server, store_url: str) -> Iterator[Process]:
    """One worker for all tests here; the broker is emptied under it before each."""
    home = Path(store_url.removeprefix("sqlite:///")).parent
    env = worker_env(store_url, _valkey.url, home)
    process = start(worker_argv("submit"), env=env, log=home / "worker.log")
    try:
        process.says(" ready.", within_s=60)
        yield process
    finally:
        process.kill()
        sys.stdout.write(process.text())


def test_a_claim_sent_ten_times_is_one_claim(
    worker: Process, festival: Festival, queue: CeleryQueue, upstream: Upstream
) -> None:
    """Whoever is in doubt sends again: one claim, one place, found by its key."""
    sent_ten_times(festival, queue, upstream)
    worker.says(f"{ACCOUNT}: accepted=1")


def test_every_claim_of_a_message_gets_an_outcome_of_its_own(
    worker: Process, festival: Festival, queue: CeleryQueue, upstream: Upstream
) -> None:
    """Good ones are kept whatever stands beside them; all others are counted by their reason."""
    before = entered(festival)
    claims = [
        claim("zhang", "order-1"),
        claim("zhang", "order-1"),
        claim("huang", "order-1"),
        claim("zhang", "order-2"),
        claim("zhao", "order-3", campaign="nowhere"),
        claim("", "order-4"),
        claim("sun", "order-5", age=7),
        "a claim",
    ]
    upstream.python(upstream.message(*claims))
    outcomes = {"accepted": 1, "repeated": 2, "key_reused": 1, "unknown_campaign": 1}
    until(lambda: counted_up(queue, **outcomes, malformed=3), within_s=20)
    assert queue.quarantined() == {"malformed_claim": 3}
    assert [kept.remark.partition(": ")[0] for kept in queue.kept(9) or ()] == [
        "claim 7",
        "claim 6",
        "claim 5",
    ]
    assert entered(festival) == before + 1
    assert worker.alive


def test_a_claim_that_fails_for_no_known_reason_fails_alone_and_not_for_ever(
    worker: Process, festival: Festival, queue: CeleryQueue, upstream: Upstream, redis: Redis
) -> None:
    """Its neighbors are kept at once, its message comes again, and thirty times is enough."""
    broken = text("insert into campaign values ('broken', 'teahouse', '{}', 0)")
    with festival.store.link.writing(), festival.store.link.engine.begin() as connection:
        connection.execute(broken)
    claims = [claim(f"kong-{n}", f"kong-{n}") for n in range(5)]
    claims[3] |= {"campaign": "broken"}
    redis.set(key("failed:sick"), FAILED_MAX - 2)
    redis.lpush(key("claims.in"), raw(upstream.message(*claims), id="sick"))
    keys = [(ACCOUNT, f"kong-{n}") for n in range(5)]
    until(lambda: len(festival.store.by_key(keys)) == 4, within_s=20)
    worker.says("claims.submit[sick] reject requeue=True: Unsettled")
    until(lambda: counted_up(queue, repeated=4, failed=1), within_s=20)
    assert queue.quarantined() == {"failed": 1}
    assert "Traceback" not in worker.text()


def test_who_may_not_submit_is_refused_and_counted(
    worker: Process, festival: Festival, queue: CeleryQueue, upstream: Upstream
) -> None:
    """A wrong secret, an unknown, revoked, expired or foreign key, no scope; and no submission."""
    reader = make_key(festival.store, SECRET, (Scope.CLAIM_READ,))
    revoked = make_key(festival.store, SECRET)
    assert festival.store.revoke_key(revoked.split("_")[1], at=festival.store.now())
    foreign = make_key(festival.store, "the secret of another service")
    over = make_key(festival.store, SECRET, days=-1)
    one, before = claim("qian", "order-11"), entered(festival)
    keys = (upstream.api_key[:-4] + "AAAA", "ful_00_00", "hello", "é", revoked, over, foreign)
    upstream.python(
        *[upstream.message(one, one, api_key=key) for key in keys],
        upstream.message(one, api_key=reader),
        upstream.message(),
        upstream.message(one, more=1),
    )
    until(lambda: counted_up(queue, unauthorized=14, forbidden=1, malformed=2), within_s=20)
    assert queue.quarantined() == {"malformed_submission": 2}
    assert entered(festival) == before
    worker.says("nobody: unauthorized=2")


def test_claims_from_node_are_claims(
    worker: Process, festival: Festival, queue: CeleryQueue, upstream: Upstream
) -> None:
    """A client that knows nothing of key prefixes and writes no argsrepr gets the same."""
    folder = celery_node()
    message = upstream.message(claim("李", "order-21"), claim("王", "order-22", grant="friend:李"))
    upstream.node(folder, *[message] * 10)
    until(lambda: counted_up(queue, accepted=2, repeated=18), within_s=20)
    found = festival.store.by_key([(ACCOUNT, "order-22")])
    view = festival.store.view(found.values())
    assert [(seen.claim.user, seen.claim.grant) for seen in view.values()] == [("王", "friend:李")]
    assert worker.alive


def test_the_examples_of_the_manual_work(
    worker: Process, festival: Festival, queue: CeleryQueue, upstream: Upstream
) -> None:
    """Both are run as they are printed, and what they claim is found by its key."""
    upstream.example(["-c", example(MANUAL, "python")])
    upstream.example(["-e", example(MANUAL, "js")], celery_node())
    until(lambda: counted_up(queue, accepted=2), within_s=20)
    assert len(festival.store.by_key([(ACCOUNT, "order-42"), (ACCOUNT, "order-43")])) == 2
    assert worker.alive


@pytest.mark.usefixtures("worker")
def test_an_upstream_may_be_given_one_queue_to_write_and_nothing_to_read(
    queue: CeleryQueue, upstream: Upstream, redis: Redis
) -> None:
    """The broker account of the manual is enough to submit, and shows nobody else's messages."""
    folder = celery_node()
    account: Any = redis
    (command,) = [line for line in MANUAL.splitlines() if line.startswith("ACL SETUSER teahouse")]
    account.execute_command(*command.split())
    try:
        url = upstream.broker_url.replace("://", "://teahouse:password@")
        theirs = Upstream(url, upstream.api_key)
        theirs.python(theirs.message(claim("jiang", "order-51")))
        theirs.node(folder, theirs.message(claim("shen", "order-52")))
        until(lambda: counted_up(queue, accepted=2), within_s=20)
        with Redis.from_url(url) as line:
            with pytest.raises(NoPermissionError):
                line.brpop([key("claims.in")], 1)
            with pytest.raises(NoPermissionError):
                line.lrange(key("claims.in"), 0, -1)
            with pytest.raises(NoPermissionError):
                line.lpush(key("claims.p0"), "x")
    finally:
        account.execute_command("ACL", "DELUSER", "teahouse")


def test_nobody_and_no_key_is_seen_by_whoever_watches(
    worker: Process, festival: Festival, queue: CeleryQueue, upstream: Upstream, redis: Redis
) -> None:
    """Events, inspection, logs and what stays in the broker show how many claims, not whose."""
    secret = upstream.api_key.split("_", 2)[2]
    one = claim("canary-user@example.com", "canary-order", grant="canary-grant")
    seen: list[object] = []
    with events(upstream.broker_url) as told:
        with festival.store.link.writing():
            upstream.python(upstream.message(one, claim("canary-2", "canary-2")))
            until(lambda: of_kind(told, "task-started"), within_s=20)
            inspect = celery_app(upstream.broker_url).control.inspect(timeout=1.0)
            (task,) = [event["uuid"] for event in of_kind(told, "task-started")]
            seen += [inspect.active(), inspect.query_task(task)]
            assert json.dumps(seen).count('"x2"') == 2
        upstream.python(
            upstream.message(one | {"canary-field": 1}, "canary"),
            upstream.message(one, canary="canary"),
            upstream.message(one, api_key=upstream.api_key + "canary"),
        )
        elements = (b"canary " + secret.encode(), json.dumps(one).encode())
        redis.lpush(key("claims.in"), *elements)
        redis.lpush(key("claims.in"), raw(upstream.message(one), expires="canary"))
        redis.lpush(key("claims.in"), raw(upstream.message(one), task="canary.task"))
        until(lambda: sum((queue.quarantined() or {}).values()) == 7, within_s=20)
        until(lambda: sum((queue.submitted() or {}).values()) == 6, within_s=20)
        until(lambda: redis.hlen(key("unacked")) == 0)
        # Events of the four that Celery runs are sent together, a while later.
        until(lambda: len(of_kind(told, "task-received")) >= 4)
        seen += told
    assert {event["args"] for event in of_kind(told, "task-received")} == {"x1", "x2"}
    everything = json.dumps(seen, default=str) + worker.text() + dumped(redis)
    assert "x2" in everything
    assert [word for word in ("canary", secret) if word in everything] == []


def test_a_message_makes_celery_do_nothing_else(
    worker: Process, festival: Festival, queue: CeleryQueue, upstream: Upstream, redis: Redis
) -> None:
    """Links, chords, other names, dates and limits that a message asks for are taken from it."""
    link = {"task": "claims.issue", "args": [["clm_x"]], "options": {"queue": "claims.p0"}}
    links = {"callbacks": [link], "errbacks": [link], "chain": [link], "chord": link}
    asked = {
        "shadow": "orders.ship",
        "eta": "2099-01-01T00:00:00Z",
        "timelimit": [0.001, 0.001],
        "stamps": {"by": "me"},
        "stamped_headers": ["by"],
        "root_id": "root",
        "retries": 7,
    }
    (claim_id,) = festival.accept()
    hint = raw([[public_id(claim_id)]], links, task="claims.issue", **asked)
    with events(upstream.broker_url) as told:
        redis.lpush(key("claims.p1"), hint)
        redis.lpush(
            key("claims.in"), raw(upstream.message(claim("wu", "order-31")), links, **asked)
        )
        redis.lpush(key("claims.in"), raw(upstream.message(), links | {"id": "x"}, **asked))
        until(lambda: len(of_kind(told, "task-succeeded")) == 3, within_s=20)
        names = [event["name"] for event in of_kind(told, "task-received")]
        assert sorted(names) == ["claims.issue", "claims.submit", "claims.submit"]
        assert not [event for event in of_kind(told, "task-received") if event["root_id"]]
    assert festival.issued([claim_id])
    assert queue.submitted() == {"accepted": 1, "malformed": 1}
    assert queue.quarantined() == {"malformed_submission": 1}
    waiting = [str(name) for name in redis.keys(key("*")) if b"claims" in name]
    assert [name for name in waiting if "_kombu" not in name] == []
    assert worker.alive


def test_a_claim_that_expired_on_its_way_is_not_submitted(
    worker: Process, festival: Festival, queue: CeleryQueue, upstream: Upstream, redis: Redis
) -> None:
    """Who lets a message expire has given it up; a date still to come changes nothing."""
    late, soon = claim("feng", "order-41"), claim("chen", "order-44")
    redis.lpush(key("claims.in"), raw(upstream.message(late), expires="2020-01-01T00:00:00Z"))
    redis.lpush(key("claims.in"), raw(upstream.message(soon), expires="2099-01-01T00:00:00Z"))
    until(lambda: counted_up(queue, accepted=1), within_s=20)
    found = festival.store.by_key([(ACCOUNT, "order-41"), (ACCOUNT, "order-44")])
    assert list(found) == [(ACCOUNT, "order-44")]
    assert worker.alive


def test_a_flood_of_submissions_does_not_keep_coupons_waiting(
    worker: Process, festival: Festival, queue: CeleryQueue, upstream: Upstream, redis: Redis
) -> None:
    """Queues are served in turns: a hint that came last is issued among the first."""
    ids = festival.accept(20)
    worker.send(SIGSTOP)
    flood = [raw(upstream.message(claim(f"wei-{n}", f"wei-{n}"))) for n in range(100)]
    redis.lpush(key("claims.in"), *flood)
    assert queue.publish([festival.hint(ids)])
    worker.send(SIGCONT)
    until(lambda: festival.issued(ids), within_s=20)
    assert redis.llen(key("claims.in")) > 50
    until(lambda: counted_up(queue, accepted=100), within_s=30)
