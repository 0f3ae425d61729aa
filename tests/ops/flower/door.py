"""A running Flower, and how tests ask it."""

from http import HTTPStatus
from pathlib import Path

import httpx

from tests.processes import Process
from tests.waiting import until

CONF = "config/flowerconfig.py"
PLAIN = ("celery", "-A", "workers", "flower", f"--conf={CONF}")
"""As Celery's users start it."""
READY_S = 60.0


class Door:
    """A running Flower and how to ask it."""

    def __init__(self, process: Process, home: Path, port: int, prefix: str = "") -> None:
        """Wait until it answers."""
        self.process = process
        self.login = home / "flower-credentials"
        self.url = f"http://127.0.0.1:{port}"
        self._health = f"{self.url}{prefix}/healthcheck"
        until(self._answers, within_s=READY_S, what=f"Flower on {self.url}")

    def ask(self, method: str, path: str, *, login: bool) -> httpx.Response:
        """Return its answer, with the login from the home or without any."""
        auth = self.auth if login else None
        return httpx.request(method, self.url + path, auth=auth, timeout=20)

    @property
    def auth(self) -> tuple[str, str]:
        """Return user and password, the first there are."""
        user, _, password = self.login.read_text().splitlines()[0].partition(":")
        return user, password

    def _answers(self) -> bool:
        try:
            return httpx.get(self._health).status_code == HTTPStatus.OK
        except httpx.TransportError:
            return False
