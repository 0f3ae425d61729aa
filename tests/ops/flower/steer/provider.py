"""An identity provider as Okta is one, on loopback: whoever stands at it is who logs in."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlencode, urlsplit

CLIENT, SECRET = "flower-at-the-provider", "known to both"


class Provider(ThreadingHTTPServer):
    """Sends browsers back with a code, takes a code for a token, and a token for an address."""

    daemon_threads = True

    def __init__(self) -> None:
        """Listen on a free port, with nobody there."""
        super().__init__(("127.0.0.1", 0), _Answers)
        self.person = ""
        self.verified = True

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_port}"


class _Answers(BaseHTTPRequestHandler):
    server: Provider

    def do_GET(self) -> None:
        """Send whoever stands there back, or tell whose a token is."""
        place = urlsplit(self.path)
        if place.path == "/v1/authorize":
            asked = {name: values[0] for name, values in parse_qs(place.query).items()}
            back = urlencode({"code": self.server.person, "state": asked["state"]})
            self.send_response(HTTPStatus.FOUND)
            self.send_header("Location", f"{asked['redirect_uri']}?{back}")
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            _, _, token = self.headers["Authorization"].partition(" ")
            self._tell({"email": token, "email_verified": self.server.verified})

    def do_POST(self) -> None:
        """Give a token for a code, to the one client that is known."""
        body = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        assert (body["client_id"], body["client_secret"]) == ([CLIENT], [SECRET])
        self._tell({"access_token": body["code"][0]})

    def _tell(self, words: dict[str, object]) -> None:
        text = json.dumps(words).encode()
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def providing() -> Iterator[Provider]:
    """Run a provider."""
    with Provider() as provider:
        thread = Thread(target=provider.serve_forever)
        thread.start()
        try:
            yield provider
        finally:
            provider.shutdown()
            thread.join()
