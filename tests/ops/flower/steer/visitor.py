"""Somebody at Flower: looks, fills forms in, confirms, as a browser without scripts does."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx

from tests.ops.flower.door import Door

OPERATOR, VIEWER = "alice", "bob"
PASSWORD = "long enough for anybody"
REASON = "the shops are full"


@dataclass(frozen=True, slots=True)
class Steered:
    """A Flower with roles in its home, and the store that it steers."""

    door: Door
    home: Path
    store_url: str

    def as_(self, user: str | None) -> "Visitor":
        """Return somebody who has logged in, or nobody."""
        auth = None if user is None else (user, PASSWORD)
        return Visitor(self.door.url, auth)


class Forms(HTMLParser):
    """The forms of a page by their ids: what would be sent, field by field."""

    def __init__(self, markup: str) -> None:
        """Read a page."""
        super().__init__()
        self.forms: dict[str, dict[str, str]] = {}
        self._form: dict[str, str] | None = None
        self._area: str | None = None
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take a form, or one of its fields."""
        named = dict(attrs)
        if tag == "form":
            self._form = self.forms.setdefault(named.get("id") or "", {})
        elif self._form is not None and tag == "input":
            self._form[named["name"] or ""] = named.get("value") or ""
        elif self._form is not None and tag == "textarea":
            self._area = named["name"] or ""
            self._form[self._area] = ""

    def handle_data(self, data: str) -> None:
        """Take what stands in a textarea, without the line that markup begins it with."""
        if self._form is not None and self._area is not None:
            self._form[self._area] += data.removeprefix("\n")

    def handle_endtag(self, tag: str) -> None:
        """Leave a form or a textarea."""
        if tag == "form":
            self._form = None
        elif tag == "textarea":
            self._area = None


@dataclass(slots=True)
class Visitor:
    """A session: cookies stay, as they do in a browser."""

    url: str
    auth: tuple[str, str] | None
    cookies: httpx.Cookies = field(default_factory=httpx.Cookies)

    def get(self, path: str) -> httpx.Response:
        """Look at a page."""
        return self._send("GET", path)

    def ask(self, method: str, path: str) -> httpx.Response:
        """Send a request without a body."""
        return self._send(method, path)

    def post(self, path: str, form: dict[str, str], **headers: str) -> httpx.Response:
        """Send a form."""
        return self._send("POST", path, data=form, headers=headers)

    def fill(self, path: str, control: str, **filled: str) -> httpx.Response:
        """Fill a control's form in and send it."""
        form = Forms(self.get(path).text).forms[f"form-{control}"]
        return self.post(path, form | {"reason": REASON} | filled)

    def confirm(self, path: str, asked: httpx.Response, **typed: str) -> httpx.Response:
        """Send the form with which a page asks for a confirmation."""
        return self.post(path, Forms(asked.text).forms["confirming"] | typed)

    def _send(self, method: str, path: str, **how: Any) -> httpx.Response:
        known = {"auth": self.auth, "cookies": self.cookies, "timeout": 20, "verify": False}
        with httpx.Client(base_url=self.url, **known) as client:  # type: ignore[arg-type]
            answer = client.request(method, path, **how)
            self.cookies.update(client.cookies)
        return answer
