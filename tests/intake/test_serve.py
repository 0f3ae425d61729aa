"""The intake as a process: ready when it says so, short with the slow, graceful at the end."""

import json
import os
import re
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from signal import SIGTERM

import httpx
import psycopg
import pytest

from fulfiller.settings import load
from fulfiller.wiring import pepper
from tests import processes
from tests.intake.conforming import document_of
from tests.intake.door import BOTH, DEAD_BROKER, NAME, Door, make_key, opened, submit
from tests.waiting import until

NICEST = 19


@dataclass(frozen=True, slots=True)
class Intake:
    """`fulfiller intake` on the store of a door, on a port of its own."""

    process: processes.Process
    url: str
    key: str


@contextmanager
def running(door: Door, folder: Path, **more: str) -> Iterator[Intake]:
    """Run an intake process until the block ends; `more` are settings."""
    settings = {
        "FULFILLER_STORE_URL": door.store_url,
        "FULFILLER_BROKER_URL": DEAD_BROKER,
        "FULFILLER_HOME": str(folder),
        "FULFILLER_SECRET": "a secret for tests only",
    } | more
    key = make_key(door.store, "teahouse", BOTH, pepper(load(settings)))
    argv = ["fulfiller", "intake", "--port", "0"]
    process = processes.start(argv, env=settings, log=folder / "intake.log")
    try:
        ready = until(lambda: _address(process), within_s=30, what="the intake is ready")
        yield Intake(process, ready, key)
    finally:
        process.kill()


def test_it_listens_once_it_is_ready_and_ends_in_order(sqlite_door: Door, tmp_path: Path) -> None:
    """A line names the port when it answers; after SIGTERM nothing does, and the exit is 0."""
    with running(sqlite_door, tmp_path) as intake, httpx.Client(base_url=intake.url) as kept_open:
        assert kept_open.get("/livez").json() == {"status": "alive"}
        assert kept_open.get("/readyz").json() == {"status": "ready"}
        assert kept_open.get(f"/v1/campaigns/{NAME}").json()["phase"] == "active"
        intake.process.send(SIGTERM)
        assert intake.process.popen.wait(15) == 0
        with pytest.raises(httpx.ConnectError):
            httpx.get(intake.url + "/livez")
        assert "Traceback" not in intake.process.text()


def test_a_claim_under_way_is_answered_before_the_end(postgres_url: str, tmp_path: Path) -> None:
    """SIGTERM in the midst of a commit: the commit ends, its claim is told, the exit is 0."""
    with opened(postgres_url) as door:
        door.campaign()
        with running(door, tmp_path) as intake, ThreadPoolExecutor(1) as pool:
            caller = httpx.Client(
                base_url=intake.url, headers={"authorization": f"Bearer {intake.key}"}, timeout=30
            )
            with caller, psycopg.connect(postgres_url) as line:
                line.execute("lock table claim in access exclusive mode")
                answer = pool.submit(submit, caller, "one")
                until(lambda: _somebody_waits(postgres_url), what="the commit waits")
                intake.process.send(SIGTERM)
                line.rollback()
                kept = answer.result(timeout=15)
            assert intake.process.popen.wait(15) == 0
        assert kept.status_code == 202
        assert door.entered() == 1


@pytest.mark.parametrize(("setting", "steps"), [({}, 0), ({"FULFILLER_INTAKE_NICE": "5"}, 5)])
def test_it_gives_way_to_workers(
    setting: dict[str, str], steps: int, sqlite_door: Door, tmp_path: Path
) -> None:
    """Each of its threads is nicer than whoever started it, by as much as is set."""
    mine = os.getpriority(os.PRIO_PROCESS, 0)
    with running(sqlite_door, tmp_path, **setting) as intake:
        threads = [int(each.name) for each in Path(f"/proc/{intake.process.pid}/task").iterdir()]
        found = {os.getpriority(os.PRIO_PROCESS, thread) for thread in threads}
    assert len(threads) > 1
    assert found == {min(mine + steps, NICEST)}


def test_half_a_request_is_cut(sqlite_url: str) -> None:
    """Who does not send the whole of a request in time is told so and hung up on."""
    with opened(sqlite_url, arrival_s=0.4) as door:
        host, _, port = door.url.removeprefix("http://").partition(":")
        post = b"POST /v1/claims HTTP/1.1\r\ncontent-length: 9\r\n"
        post += b"content-type: application/json\r\n"
        key = door.key("teahouse").encode()
        heads = (b"", b"POST /v1/cl", post + b"authorization: Bearer %s\r\n\r\n{" % key)
        lines = [socket.create_connection((host, int(port)), timeout=30) for _ in heads]
        for line, head in zip(lines, heads, strict=True):
            line.sendall(head)
        said = [line.makefile("rb").read() for line in lines]
        for line in lines:
            line.close()
        assert httpx.get(door.url + "/livez").status_code == 200
        told = document_of(door)["paths"]["/v1/claims"]["post"]["responses"]["408"]
    assert all(each.startswith(b"HTTP/1.1 408 ") for each in said), said
    head, _, body = said[2].partition(b"\r\n\r\n")
    problem = json.loads(body)
    example = told["content"]["application/problem+json"]["examples"]["timed_out"]["value"]
    assert problem == example | {"request_id": problem["request_id"]}
    assert problem["request_id"]
    assert f"x-request-id: {problem['request_id']}".encode() in head.splitlines()


def test_who_is_refused_in_midst_of_a_body_is_answered_once(sqlite_url: str) -> None:
    """An early refusal is the only answer; the rest of the body is not waited for long."""
    with opened(sqlite_url, arrival_s=0.4) as door:
        host, _, port = door.url.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port)), timeout=30) as line:
            line.sendall(b"POST /v1/claims HTTP/1.1\r\ncontent-length: 9\r\n\r\n{")
            said = line.makefile("rb").read()
    assert said.startswith(b"HTTP/1.1 401 ")
    assert said.count(b"HTTP/1.1") == 1


def test_a_connection_at_rest_is_left_alone(sqlite_url: str) -> None:
    """A connection that owes nothing is not cut: it may bring its next request later."""
    with opened(sqlite_url, arrival_s=0.3) as door, door.caller() as caller:
        door.campaign()
        place = submit(caller, "one").headers["location"]
        caller.get(place + "?wait_s=0.8")
        line = caller._transport._pool.connections[0]  # type: ignore[attr-defined] # noqa: SLF001
        assert line.is_idle()
        caller.get("/livez")
        assert caller._transport._pool.connections == [line]  # type: ignore[attr-defined] # noqa: SLF001


def _address(process: processes.Process) -> str:
    return "".join(re.findall(r"^ready intake (\S+)$", process.text(), re.MULTILINE))


def _somebody_waits(postgres_url: str) -> bool:
    with psycopg.connect(postgres_url) as line:
        asked = line.execute(
            "select count(*) from pg_locks join pg_database on pg_database.oid = database"
            " where datname = current_database() and not granted"
        )
        return asked.fetchone() != (0,)
