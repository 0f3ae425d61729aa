"""One connection: a whole answer in one piece, whatever the server does besides."""

import json
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from fulfiller.intake.connection import Patient
from tests.intake.door import NAME, Door

HEAD = re.compile(rb"HTTP/1\.1 (\d{3}) [^\r]+\r\n((?:[!-~]+: [^\r\n]*\r\n)+)\r\n")


@contextmanager
def line(door: Door) -> Iterator[socket.socket]:
    """A connection to the door."""
    host, port = door.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as opened:
        yield opened


def claim(key: str, user: str, version: str = "1.1", **fields: str) -> bytes:
    """A claim as it is sent."""
    body = json.dumps({"campaign": NAME, "user": user})
    head = {
        "Host": "door",
        "Authorization": f"Bearer {key}",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Idempotency-Key": f"key of {user}",
        **fields,
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    return f"POST /v1/claims HTTP/{version}\r\n{lines}\r\n{body}".encode()


def answers(sock: socket.socket, number: int) -> Iterator[tuple[int, dict[bytes, bytes], bytes]]:
    """The next answers on a connection: status, fields, body."""
    heard = b""
    for _ in range(number):
        while not (found := HEAD.match(heard)):
            heard += sock.recv(65_536)
        fields = dict(each.split(b": ", 1) for each in found[2].splitlines())
        end = found.end() + int(fields[b"content-length"])
        while len(heard) < end:
            heard += sock.recv(65_536)
        yield int(found[1]), fields, heard[found.end() : end]
        heard = heard[end:]
    assert heard == b""


def test_claims_sent_without_waiting_are_answered_in_order(sqlite_door: Door) -> None:
    """Three requests at once on one connection, which stays open; each has its own answer."""
    key = sqlite_door.key("teahouse")
    with line(sqlite_door) as sock:
        sock.sendall(b"".join(claim(key, user, **{"X-Request-Id": user}) for user in "abc"))
        heard = list(answers(sock, 3))
        assert [status for status, _, _ in heard] == [202, 202, 202]
        assert [fields[b"x-request-id"] for _, fields, _ in heard] == [b"a", b"b", b"c"]
        assert [json.loads(body)["user"] for *_, body in heard] == ["a", "b", "c"]
        assert all(b"date" in fields for _, fields, _ in heard)
        sock.sendall(claim(key, "a"))
        ((status, fields, _),) = answers(sock, 1)
        assert (status, fields[b"idempotency-replayed"]) == (200, b"true")


@pytest.mark.parametrize(("version", "fields"), [("1.0", {}), ("1.1", {"Connection": "close"})])
def test_who_wants_no_more_is_answered_and_hung_up_on(
    sqlite_door: Door, version: str, fields: dict[str, str]
) -> None:
    """A caller of HTTP/1.0, or one that says so, reads to the end of the connection."""
    with line(sqlite_door) as sock:
        sock.sendall(claim(sqlite_door.key("teahouse"), "d", version, **fields))
        heard = b""
        while more := sock.recv(65_536):
            heard += more
    assert heard.startswith(b"HTTP/1.1 202 ")
    assert b"connection: close\r\n" in heard


def test_an_answer_to_a_claim_is_written_once(
    sqlite_door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Head and body go to the system together: uvicorn's own way is not taken."""
    written: list[int] = []
    made = Patient.connection_made

    def watched(self: Patient, transport: object) -> None:
        made(self, transport)  # type: ignore[arg-type]
        self.transport = Counting(transport, written)  # type: ignore[assignment]

    monkeypatch.setattr(Patient, "connection_made", watched)
    with line(sqlite_door) as sock:
        sock.sendall(claim(sqlite_door.key("teahouse"), "e"))
        ((status, _, body),) = answers(sock, 1)
    assert (status, len(written)) == (202, 1)
    assert written[0] > len(body)


class Counting:
    """A transport that notes how much is written each time."""

    def __init__(self, transport: object, written: list[int]) -> None:
        """Write to this one."""
        self._transport = transport
        self._written = written

    def write(self, data: bytes) -> None:
        """Note, and write."""
        self._written.append(len(data))
        self._transport.write(data)  # type: ignore[attr-defined]

    def __getattr__(self, name: str) -> object:
        """Do everything else as it does."""
        return getattr(self._transport, name)
