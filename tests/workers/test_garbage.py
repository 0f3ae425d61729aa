"""Whatever lies in a queue, workers live on, count it, and issue the next good hint."""

import json
import pickle
from base64 import b64encode
from collections import Counter
from typing import Any

import pytest
from celery import Celery
from redis import Redis

from fulfiller.broker.message import Flaw
from fulfiller.broker.queue import CeleryQueue
from fulfiller.broker.topology import key
from tests.processes import Process
from tests.waiting import until
from tests.workers.conftest import StartWorker
from tests.workers.festival import Festival

QUEUE, DOOR = key("claims.p0"), key("claims.in")
CLAIM = "clm_019c2f5e-8000-7000-8000-00000000000a"


def envelope(args: object = ([CLAIM],), **headers: Any) -> dict[str, Any]:
    """Return a message as any Celery client would write it, in the parts that are needed."""
    return {
        "body": b64encode(json.dumps([args, {}, {}]).encode()).decode(),
        "content-type": "application/json",
        "content-encoding": "utf-8",
        "headers": {"task": "claims.issue", "id": "one"} | headers,
        "properties": {
            "delivery_tag": "a tag",
            "delivery_info": {"exchange": "", "routing_key": "claims.p0"},
            "body_encoding": "base64",
        },
    }


def shared_tasks() -> set[str]:
    """Return the names of the tasks that every Celery app has, asked for or not."""
    app = Celery(set_as_current=False)
    app.finalize()
    return {name for name in app.tasks if name.startswith("celery.")}


def without(name: str, message: dict[str, Any]) -> dict[str, Any]:
    """Return a message without one of its parts."""
    return {part: content for part, content in message.items() if part != name}


def with_body(body: object) -> dict[str, Any]:
    """Return a message with another body."""
    return envelope() | {"body": body}


class _Act:
    """What a pickle can do to whoever opens it."""

    def __reduce__(self) -> tuple[object, ...]:
        return print, ("the pickle acted",)


def typed(content: str, body: bytes, **headers: Any) -> bytes:
    """Return a message with a body of this content type."""
    encoded = b64encode(body).decode()
    message = envelope(**headers) | {"content-type": content, "body": encoded}
    return json.dumps(message | {"content-encoding": "binary"}).encode()


YAML = b"[[!!python/object/apply:builtins.print [the yaml acted]], {}, {}]"
UNDECODABLE = {
    "no JSON": b"hello",
    "half of a message": json.dumps(envelope()).encode()[:300],
    "no text": b"\xff\xfe\x00",
    "nothing": b"",
    "deep nesting": b"[" * 100_000,
    "a huge number": b"9" * 5_000,
    "a body that is no JSON": json.dumps(with_body(b64encode(b"{").decode())).encode(),
    "a type of nobody": json.dumps(envelope() | {"content-type": "application/x-lisp"}).encode(),
    "pickle": typed("application/x-python-serialize", pickle.dumps([[_Act()], {}, {}])),
    "a pickled submission": typed(
        "application/x-python-serialize", pickle.dumps([[_Act()], {}, {}]), task="claims.submit"
    ),
    "yaml": typed("application/x-yaml", YAML),
    "yaml by its other name": typed("application/yaml", YAML),
    "msgpack": typed("application/x-msgpack", b"\x93\x90\x80\x80"),
}
MISSHAPEN: dict[str, object] = {
    "a list": [],
    "a number": 7,
    "null": None,
    "an empty object": {},
    "no properties": without("properties", envelope()),
    "no delivery tag": envelope() | {"properties": {"delivery_info": {}}},
    "no delivery info": envelope() | {"properties": {"delivery_tag": "a"}},
    "no base64": with_body("€"),
    "a body of another encoding": envelope() | {"properties": {"body_encoding": "rot13"}},
    "no headers": without("headers", envelope()),
    "a list for headers": envelope() | {"headers": [1]},
    "no id": envelope() | {"headers": {"task": "claims.issue"}},
    "no task": envelope() | {"headers": {"id": "one"}},
    "a list for a task": envelope(task=[]),
    "a date of numbers": envelope(expires=5),
    "a date that is none": envelope(expires="tomorrow"),
    "an endless id": envelope(id="x" * 256),
    "a packed body": envelope(compression="application/x-gzip"),
    "a body of four": with_body(b64encode(b"[[], {}, {}, {}]").decode()),
    "arguments that are a number": with_body(b64encode(b"[7, {}, {}]").decode()),
    "keywords that are a list": with_body(b64encode(b"[[], [], {}]").decode()),
    "a list where links belong": with_body(b64encode(b"[[], {}, [1]]").decode()),
    "a body that is a number": with_body(b64encode(b"7").decode()),
}
UNKNOWN_TASK = {
    "a task of others": envelope(task="orders.ship"),
    "a task of Celery's with its arguments": envelope(
        [{"task": "claims.issue", "args": [[CLAIM]]}, [[1], [2]]], task="celery.starmap"
    ),
} | {
    name: envelope(["group", {"task": "claims.issue"}], task=name)
    for name in sorted(shared_tasks())
}
NEWER_VERSION = {"version 2": envelope(v=2), "version one": envelope(v="one")}
OVERSIZE = {
    "1,001 ids": envelope([[CLAIM] * 1_001]),
    "more than 2 MiB": envelope(argsrepr="x" * 2 * 1024 * 1024),
}
MALFORMED_IDS = {
    "keywords": with_body(b64encode(b'[[], {"ids": []}, {}]').decode()),
    "no arguments": envelope([]),
    "no ids": envelope([[]]),
    "an id alone": envelope([CLAIM]),
    "numbers": envelope([[1, 2]]),
    "a bare id": envelope([[CLAIM.removeprefix("clm_")]]),
    "an id in capitals": envelope([["clm_019C2F5E-8000-7000-8000-00000000000A"]]),
    "two arguments": envelope([[CLAIM], [CLAIM]]),
    "SQL": envelope([["clm_'; drop table claim; --"]]),
}
OTHERS: dict[Flaw, dict[str, Any]] = {
    Flaw.MISSHAPEN: MISSHAPEN,
    Flaw.UNKNOWN_TASK: UNKNOWN_TASK,
    Flaw.NEWER_VERSION: NEWER_VERSION,
    Flaw.OVERSIZE: OVERSIZE,
    Flaw.MALFORMED_IDS: MALFORMED_IDS,
}


def test_no_garbage_ends_a_worker(
    sqlite_url: str, start_worker: StartWorker, queue: CeleryQueue, redis: Redis
) -> None:
    """Each kind is set aside under its flaw by the same worker, which never reconnects."""
    worker = start_worker(sqlite_url)
    expected: Counter[str] = Counter()
    for flaw, element in _elements():
        for place in (QUEUE, DOOR):
            redis.lpush(place, element)
            expected[flaw] += 1
    # Broadcasts are kept by nobody, so there is nothing to count.
    for element in UNDECODABLE.values():
        redis.publish(key("/0.celery.pidbox"), element)
    for message in MISSHAPEN.values():
        redis.publish(key("/0.celery.pidbox"), json.dumps(message))
    until(lambda: _counted(queue) == expected, within_s=30, what=f"{expected}")
    assert redis.xlen(key("quarantine")) == sum(expected.values())
    assert worker.alive
    # What it can't read in a control message, Celery logs with all its bytes; what acts is a line.
    assert not any(line.endswith("acted") for line in worker.text().splitlines())
    assert "Unrecoverable" not in worker.text()
    assert "Connection to broker lost" not in worker.text()
    until(lambda: redis.hlen(key("unacked")) == 0)


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_the_next_good_hint_is_issued(
    worker: Process, festival: Festival, queue: CeleryQueue, redis: Redis
) -> None:
    """What follows garbage in the same queue is served as if nothing had been."""
    for element in (b"hello", b"[]", json.dumps(envelope(task=[])).encode()):
        redis.lpush(key("claims.p2"), element)
    ids = festival.accept(20)
    assert queue.publish([festival.hint(ids)])
    until(lambda: festival.issued(ids), within_s=20)
    assert worker.alive


def test_quarantine_keeps_the_newest_and_counts_all(
    sqlite_url: str, start_worker: StartWorker, queue: CeleryQueue, redis: Redis
) -> None:
    """A flood of garbage fills neither the broker nor the log with its contents."""
    worker = start_worker(sqlite_url)
    redis.lpush(QUEUE, *[b"li@example.com %d" % number for number in range(1_500)])
    redis.lpush(QUEUE, b"x" * 1_000_000)
    until(lambda: _counted(queue) == {"undecodable": 1_501}, within_s=30)
    kept = queue.kept(limit=2_000) or ()
    assert len(kept) == 1_000
    assert (kept[0].size_bytes, kept[1].size_bytes) == (1_000_000, len(b"li@example.com 1499"))
    assert len(kept[0].content) < 20_000
    assert kept[1].content == "xx@xxxxxxx.xxx 0000"
    assert "example.com" not in worker.text()


def test_celery_s_own_tasks_are_among_the_garbage() -> None:
    """The names come from Celery itself; these are the ones that could do the most."""
    assert {"celery.backend_cleanup", "celery.chord_unlock", "celery.chord"} <= shared_tasks()


def _elements() -> list[tuple[Flaw, bytes]]:
    found = [(Flaw.UNDECODABLE, element) for element in UNDECODABLE.values()]
    for flaw, messages in OTHERS.items():
        found += [(flaw, json.dumps(message).encode()) for message in messages.values()]
    return found


def _counted(queue: CeleryQueue) -> dict[str, int]:
    return dict(queue.quarantined() or {})
