"""Remote control of real workers: all may look, and only a signed order changes anything, once."""

import json
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from fulfiller.broker.app import celery_app
from fulfiller.domain.breaker import Mode
from fulfiller.domain.claim import State
from fulfiller.domain.event import Event, Kind
from fulfiller.domain.mode import SERVICE
from fulfiller.ops.embedded.server import Server
from fulfiller.ops.order import GOOD_FOR, Order, signed
from fulfiller.settings import load
from fulfiller.wiring import ops_key
from tests.ops.test_cli import runner
from tests.processes import ROOT, Process
from tests.workers.conftest import StartWorkers, worker_env
from tests.workers.festival import NAME, Festival
from tests.workers.test_fork import _lines_to

ON_POSTGRES = pytest.mark.parametrize("store_url", ["postgres"], indirect=True)
REPLY_S = 10.0
STEERED = (Kind.MODE_PAUSED, Kind.MODE_RAMPING, Kind.MODE_HELD, Kind.MODE_UNHELD)

Reply = dict[str, Any]
Tell = Callable[..., list[Reply]]
Sign = Callable[..., str]


@pytest.fixture
def environ(store_url: str, valkey: Server, tmp_path: Path) -> dict[str, str]:
    """The settings that the workers have, too."""
    return worker_env(store_url, valkey.url, tmp_path)


@pytest.fixture
def tell(valkey: Server) -> Tell:
    """Send a control command to all workers, and return the replies of so many."""

    def broadcast(command: str, *, workers: int = 1, **arguments: object) -> list[Reply]:
        control = celery_app(valkey.url).control
        replies = control.broadcast(
            command, arguments=arguments, reply=True, timeout=REPLY_S, limit=workers
        )
        assert replies is not None
        return [reply for by_name in replies for reply in by_name.values()]

    return broadcast


@pytest.fixture
def sign(environ: dict[str, str]) -> Sign:
    """Have the command line print a token."""

    def token(*words: str) -> str:
        done = runner(**environ)("token", *words)
        assert done.exit_code == 0, done.output
        return str(done.stdout).strip()

    return token


def moves(festival: Festival) -> list[Event]:
    """Return what the log tells of modes."""
    found = [entry.event for entry in festival.store.unsealed(after=(0, 0), limit=1_000)]
    return [event for event in found if event.kind in STEERED]


def test_celerys_own_command_line_is_enough(
    worker: Process, festival: Festival, environ: dict[str, str], sign: Sign
) -> None:
    """It carries an order out, and shows modes, backlog and counters to anybody."""
    festival.accept(3)
    name = f"{worker.log.stem}@test"
    celery = partial(_celery, name, environ)
    (done,) = celery("control", "hold", sign("hold", NAME, "--reason", "wrong value"))
    assert done[name]["changed"]
    asked = ("mode", "backlog", "proof")
    with ThreadPoolExecutor() as pool:
        answers = pool.map(partial(celery, "inspect"), asked)
    shown: dict[str, Reply] = {
        ask: answer[name] for ask, answer in zip(asked, answers, strict=True)
    }
    assert shown["mode"]["service"]["mode"] == "flowing"
    held = shown["mode"]["campaigns"][NAME]
    assert (held["mode"], held["held"], held["hold"]["reason"]) == ("flowing", True, "wrong value")
    backlog = shown["backlog"][NAME]
    assert [backlog[tier] for tier in ("p0", "p1", "p2", "p3", "total")] == [0, 0, 3, 0, 3]
    assert {"threshold", "resume_at"} <= backlog.keys()
    ended = {"issued": 0, "declined": 0, "cancelled": 0}
    still_open = {"waitlisted": 0, "accepted": 3, "parked": 0}
    assert shown["proof"][NAME] == {"entered": 3, "balanced": True} | ended | still_open


@ON_POSTGRES
def test_an_order_is_obeyed_once_however_many_receive_it(
    start_workers: StartWorkers, store_url: str, festival: Festival, sign: Sign, tell: Tell
) -> None:
    """Three workers, one event: by name, with reason and end; the next claim waits in line."""
    start_workers(3, store_url)
    token = sign("pause", NAME, "--reason", "the shops are full", "--for", "30m")
    replies = tell("pause", workers=3, token=token)
    assert sorted(reply["changed"] for reply in replies) == [False, False, True]
    (event,) = moves(festival)
    assert (event.kind, event.campaign) == (Kind.MODE_PAUSED, NAME)
    assert event.detail.startswith("the shops are full until ")
    row = festival.store.modes()[NAME]
    assert (row.mode, row.cause) == (Mode.PAUSED, "the shops are full")
    assert festival.states(festival.accept()) == [State.WAITLISTED]
    replies = tell("resume", workers=3, token=sign("resume", NAME))
    assert sorted(reply["changed"] for reply in replies) == [False, False, True]
    assert [event.kind for event in moves(festival)] == [Kind.MODE_PAUSED, Kind.MODE_RAMPING]


@ON_POSTGRES
def test_an_order_that_comes_again_is_not_obeyed_again(
    worker: Process, festival: Festival, sign: Sign, tell: Tell
) -> None:
    """What was undone meanwhile stays undone, though the token is still good."""
    assert worker.alive
    pause = sign("pause", "--service", "--reason", "it moves")
    assert tell("pause", token=pause)[0]["ok"].startswith("the service is paused by operator:")
    assert tell("resume", token=sign("resume", "--service"))[0]["changed"]
    (again,) = tell("pause", token=pause)
    assert again["changed"] is False
    assert festival.store.modes()[SERVICE].mode is Mode.RAMPING
    assert [event.kind for event in moves(festival)] == [Kind.MODE_PAUSED, Kind.MODE_RAMPING]


@ON_POSTGRES
def test_a_bad_token_changes_nothing(
    worker: Process, festival: Festival, environ: dict[str, str], sign: Sign, tell: Tell
) -> None:
    """None, altered, expired, another verb's, of another secret: each says what is wrong."""
    assert worker.alive
    good = sign("pause", NAME, "--reason", "full")
    key, now = ops_key(load(environ)), festival.store.now()
    order = Order(
        id="7",
        verb="pause",
        scope=NAME,
        reason="full",
        actor="operator:li",
        issued_at=now,
        expires_at=now + GOOD_FOR,
    )
    old = replace(order, issued_at=now - GOOD_FOR, expires_at=now)
    refused = {
        "no token": ({}, {"token": ""}, {"token": ["x"]}, {"token": "pause"}),
        "altered": (
            {"token": good[:-1] + ("A" if good[-1] != "A" else "E")},
            {"token": signed(order, b"another key")},
        ),
        "too old": ({"token": signed(old, key)},),
        "for hold": ({"token": sign("hold", NAME, "--reason", "full")},),
        "ended": ({"token": signed(replace(order, until=now), key)},),
        "no campaign": ({"token": signed(replace(order, scope="nowhere"), key)},),
    }
    for words, cases in refused.items():
        for arguments in cases:
            (reply,) = tell("pause", **arguments)
            assert words in reply["error"], (words, reply)
    assert moves(festival) == []
    assert festival.states(festival.accept()) == [State.ACCEPTED]
    assert tell("pause", token=good)[0]["changed"]


@ON_POSTGRES
def test_a_store_that_is_away_is_an_answer(
    worker: Process, festival: Festival, postgres: Server, sign: Sign, tell: Tell
) -> None:
    """Frozen or gone: the worker says so in time, goes on serving, and obeys later."""
    tokens = [sign("pause", NAME, "--reason", "full") for _ in range(2)]
    postgres.freeze()
    assert "no answer within 0.5 s" in tell("mode")[0]["error"]
    assert "no answer within 2 s" in tell("pause", token=tokens[0])[0]["error"]
    postgres.thaw()
    assert tell("pause", token=tokens[1])[0]["changed"]
    assert festival.store.modes()[NAME].mode is Mode.PAUSED
    assert worker.alive


@ON_POSTGRES
def test_the_main_process_keeps_nothing_of_it(
    worker: Process, store_url: str, festival: Festival, sign: Sign, tell: Tell
) -> None:
    """Neither a line to the store nor a thread, for children are forked from it."""
    assert festival.accept()
    for ask in ("mode", "backlog", "proof"):
        assert "error" not in tell(ask)[0]
    assert tell("pause", token=sign("pause", NAME, "--reason", "full"))[0]["changed"]
    lines = partial(_lines_to, urlsplit(store_url).port or 5432, worker.pid)
    assert lines() == set()
    assert len(list(Path(f"/proc/{worker.pid}/task").iterdir())) == 1


def _celery(worker: str, environ: dict[str, str], *words: str) -> Any:
    """Return what a worker answers to Celery's command line."""
    command = ["celery", "-A", "workers", *words, "--json", "-d", worker, "-t", str(REPLY_S)]
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)
