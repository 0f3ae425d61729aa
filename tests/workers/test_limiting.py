"""Celery's `rate_limit`: shown by every worker, set for all, and by nobody without the secret."""

from pathlib import Path
from typing import Any

import pytest

from fulfiller.broker.app import celery_app
from fulfiller.broker.topology import ISSUE_TASK
from fulfiller.domain.event import Event, Kind
from fulfiller.domain.pace import SERVICE_RATE, Rate
from fulfiller.ops.embedded.ports import free_port
from fulfiller.ops.embedded.server import Server
from fulfiller.ops.order import GOOD_FOR, Order, signed
from fulfiller.service.rates import By, set_rate
from fulfiller.settings import load
from fulfiller.wiring import ops_key
from tests.ops.flower.door import Door
from tests.processes import start
from tests.waiting import until
from tests.workers.conftest import StartWorker, StartWorkers, worker_env
from tests.workers.festival import Festival

ON_POSTGRES = pytest.mark.parametrize("store_url", ["postgres"], indirect=True)
REPLY_S = 10.0


def _shown(broker_url: str, workers: int) -> list[str]:
    """Return what workers show of the task's limit."""
    told = celery_app(broker_url).control.inspect(limit=workers, timeout=REPLY_S).registered()
    lines = [line for tasks in (told or {}).values() for line in tasks]
    return [line.removeprefix(ISSUE_TASK).strip() for line in lines if ISSUE_TASK in line]


def _told(broker_url: str, said: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what two workers answer."""
    control = celery_app(broker_url).control
    replies = control.broadcast("rate_limit", arguments=said, reply=True, timeout=REPLY_S, limit=2)
    return [reply for by_name in replies or () for reply in by_name.values()]


def _changes(festival: Festival) -> list[Event]:
    found = [entry.event for entry in festival.store.unsealed(after=(0, 0), limit=1_000)]
    return [event for event in found if event.kind is Kind.RATE_CHANGED]


@ON_POSTGRES
def test_flowers_form_limits_all_workers_together(
    start_workers: StartWorkers, store_url: str, festival: Festival, valkey: Server, tmp_path: Path
) -> None:
    """It addresses one worker and gets its ok; stored once, and every worker shows it."""
    first, _ = start_workers(2, store_url)
    assert _shown(valkey.url, 2) == ["", ""]
    env = worker_env(store_url, valkey.url, tmp_path)
    port = free_port()
    process = start(
        ["fulfiller", "flower", "--control"],
        env=env | {"FULFILLER_FLOWER_PORT": str(port)},
        log=tmp_path / "flower.log",
    )
    try:
        flower = Door(process, tmp_path, port)
        form = f"/api/task/rate-limit/{ISSUE_TASK}?workername={first.log.stem}@test&ratelimit="
        until(lambda: flower.ask("POST", f"{form}500/s", login=True).status_code == 200)
        refused = flower.ask("POST", f"{form}fast", login=True)
        assert (refused.status_code, "is no rate such as" in refused.text) == (403, True)
    finally:
        process.kill()
    assert {p.scope: p.rate for p in festival.store.rates("*")} == {
        SERVICE_RATE: Rate.parse("500/s")
    }
    (change,) = _changes(festival)
    assert (change.detail, change.campaign) == ("500/s: set through Celery's rate_limit", "*")
    until(lambda: _shown(valkey.url, 2) == ["[rate_limit=500/s]"] * 2, within_s=10)


@ON_POSTGRES
def test_an_order_for_all_workers_is_obeyed_once(
    start_workers: StartWorkers, store_url: str, festival: Festival, valkey: Server, tmp_path: Path
) -> None:
    """Both answer ok, one has set it; a token for another rate sets nothing."""
    start_workers(2, store_url)
    now = festival.store.now()
    order = Order(
        id="twice",
        verb="rate_limit",
        scope="*",
        reason="a check",
        actor="operator:li",
        issued_at=now,
        expires_at=now + GOOD_FOR,
        rate="20/s",
    )
    token = signed(order, ops_key(load(worker_env(store_url, valkey.url, tmp_path))))
    said: dict[str, Any] = {"task_name": ISSUE_TASK, "rate_limit": "20/s", "token": token}
    wrong = _told(valkey.url, said | {"rate_limit": "30/s"})
    assert all("this token is for" in reply["error"] for reply in wrong)
    assert sorted(reply["changed"] for reply in _told(valkey.url, said)) == [False, True]
    (change,) = _changes(festival)
    assert (change.actor, change.detail) == ("operator:li", "20/s: a check")
    until(lambda: _shown(valkey.url, 2) == ["[rate_limit=20/s]"] * 2, within_s=10)


@ON_POSTGRES
def test_a_worker_shows_what_is_set_elsewhere(
    start_worker: StartWorker, store_url: str, festival: Festival, valkey: Server
) -> None:
    """From its start on, and within seconds of a change."""
    _set(festival, "20/s")
    start_worker(store_url)
    assert _shown(valkey.url, 1) == ["[rate_limit=20/s]"]
    _set(festival, None)
    until(lambda: _shown(valkey.url, 1) == [""], within_s=10)


@ON_POSTGRES
def test_nobody_without_the_secret_sets_a_limit(
    start_worker: StartWorker, store_url: str, festival: Festival, valkey: Server
) -> None:
    """Whoever reaches the broker may ask, and is told how it is done; other tasks have no limit."""
    start_worker(store_url)
    control = celery_app(valkey.url).control
    for task, said in (
        (ISSUE_TASK, "it has to be signed"),
        ("claims.submit", "is not limited"),
        ("nothing", "unknown task"),
    ):
        replies = control.rate_limit(task, "1/h", reply=True, timeout=REPLY_S, limit=1)
        (reply,) = replies or ({},)
        assert reply
        assert all(said in told["error"] for told in reply.values()), reply
    assert festival.store.rates("*") == []
    assert _changes(festival) == []


def _set(festival: Festival, rate: str | None) -> None:
    by = By(reason="a check", actor="test", now=festival.store.now())
    set_rate(SERVICE_RATE, None if rate is None else Rate.parse(rate), by, store=festival.store)
