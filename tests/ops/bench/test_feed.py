"""The feeder against a door that hangs up, turns away and refuses: each claim comes to its end."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

from fulfiller.ops.bench.feed import Feeder
from fulfiller.ops.bench.people import key

CLAIMS = 10


class Door(ThreadingHTTPServer):
    """A door that plays moods in their order, the last one for ever, and keeps who has a place."""

    def __init__(self, *moods: str) -> None:
        """Listen on a free port."""
        self.moods = list(moods)
        self.placed: list[str] = []
        super().__init__(("127.0.0.1", 0), Handler)


class Handler(BaseHTTPRequestHandler):
    """Answers one batch as the door's mood is."""

    protocol_version = "HTTP/1.1"
    server: Door

    def do_POST(self) -> None:
        """Take claims in, or not."""
        moods = self.server.moods
        mood = moods.pop(0) if len(moods) > 1 else moods[0]
        keys = [claim["idempotency_key"] for claim in self._claims()]
        if mood == "hang up":
            self.close_connection = True
            return
        if mood.isdigit():
            self._answer(int(mood), {})
            return
        taken = keys[::2] if mood == "half" else keys
        statuses = [self._placed(each) if each in taken else 503 for each in keys]
        self._answer(207, {"results": [{"status": status} for status in statuses]})

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _claims(self) -> list[dict[str, str]]:
        length = int(self.headers["Content-Length"])
        found: list[dict[str, str]] = json.loads(self.rfile.read(length))["claims"]
        return found

    def _placed(self, claim: str) -> int:
        known = claim in self.server.placed
        self.server.placed.append(claim)
        return 200 if known else 202

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        said = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)


@contextmanager
def _open(*moods: str) -> Iterator[Door]:
    with Door(*moods) as door:
        thread = Thread(target=door.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield door
        door.shutdown()
        thread.join()


def _fed(door: Door) -> Feeder:
    """Send all claims over one connection and return the feeder once it has ended."""
    host, port = door.server_address[:2]
    feeder = Feeder(
        {"host": host, "port": port, "key": "k", "campaign": "c", "claims": CLAIMS,
         "size": CLAIMS, "repeats": 0.0, "connections": 1}
    )  # fmt: skip
    over = Event()
    feeder.turnstile.raise_to(CLAIMS)
    feeder.start(over.set)
    assert over.wait(30)
    return feeder


def test_every_claim_is_sent_until_it_has_a_place() -> None:
    """Through a broken line, a door that is away and one that takes half: each gets in once."""
    with _open("hang up", "503", "half", "all") as door:
        feeder = _fed(door)
    assert feeder.fault is None
    assert sorted(door.placed) == sorted(map(key, range(CLAIMS)))
    assert feeder.statuses == {"0": CLAIMS, "503": CLAIMS + CLAIMS // 2, "202": CLAIMS}


def test_an_answer_that_must_not_be_ends_the_run_and_is_told() -> None:
    """A door that doesn't know the campaign will never take it: nobody waits for that."""
    with _open("404") as door:
        feeder = _fed(door)
    assert feeder.fault == "ValueError: a claim was answered with 404"
    assert door.placed == []
