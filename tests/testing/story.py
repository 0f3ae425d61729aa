"""A small story of upstreams, told over HTTP, and what they heard, fit to be compared."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import httpx

NAME, SMALL = "spring-festival", "small"
KEPT = ("content-type", "retry-after", "idempotency-replayed", "location", "allow", "cache-control")
BATCH = [
    {"campaign": NAME, "user": "ma", "idempotency_key": "four"},
    {"campaign": NAME, "user": "li", "grant": "second", "idempotency_key": "five"},
    {"campaign": NAME, "user": "", "idempotency_key": "six"},
]
READ, WRITE, REDEEM = "claim:read", "claim:write", "coupon:redeem"
UNSTEADY = (
    (re.compile(r"clm_[0-9a-f-]{36}"), "clm"),
    (re.compile(r"\bcpn_[0-9a-zA-Z-]+"), "cpn"),
    (re.compile(r"\b[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}\b"), "code"),
    (re.compile(r"\d{4}-\d\d-\d\dT[0-9:.]+(?:Z|\+\d\d:\d\d)"), "instant"),
    (re.compile(r"\d{1,2} \w+ \d{4} at \d\d:\d\d"), "moment"),
    (re.compile(r"\d{4}年\d{1,2}月\d{1,2}日 \d\d:\d\d"), "moment"),
    (re.compile(r'(?<="request_id":)"[^"]*"'), "request"),
    (re.compile(r'(?<="number":)\d+'), "number"),
    (re.compile(r'(?<="after":)\d+'), "number"),
)
"""What differs from one run to the next; ids and codes are numbered as they turn up.

The numbers of events count what happens between them, too, such as each move of a mode.
"""
ONCE = ("clm", "cpn", "code")


class World(Protocol):
    """A service with two campaigns, whoever it is that works in it."""

    def caller(self, account: str, scopes: Collection[str]) -> httpx.Client:
        """Return an HTTP client with a key of an account."""

    def pause(self) -> None:
        """Pause the campaign."""

    def resume(self) -> None:
        """Let it flow."""

    def work(self) -> None:
        """Issue and seal all there is."""


@dataclass(slots=True)
class Heard:
    """The transcript, and the names of what was heard of so far."""

    lines: list[str] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)

    def note(self, answer: httpx.Response) -> httpx.Response:
        """Write an answer down."""
        headers = {name: answer.headers[name] for name in KEPT if name in answer.headers}
        asked = f"{answer.request.method} {answer.request.url.raw_path.decode()}"
        self.lines.append(self._steady(f"{asked} {answer.status_code} {headers} {answer.text}"))
        return answer

    def _steady(self, text: str) -> str:
        for pattern, kind in UNSTEADY:
            text = pattern.sub(self._named(kind), text)
        return text

    def _named(self, kind: str) -> Callable[[re.Match[str]], str]:
        def named(found: re.Match[str]) -> str:
            if kind not in ONCE:
                return f"<{kind}>"
            return self.names.setdefault(found.group(), f"<{kind} {len(self.names)}>")

        return named


def tell(world: World) -> list[str]:
    """Tell the story, and return what was heard."""
    heard = Heard()
    with (
        world.caller("teahouse", [READ, WRITE]) as shop,
        world.caller("reader", [READ]) as reader,
        world.caller("palace", [READ, REDEEM]) as till,
    ):
        place = _claims(shop, reader, heard)
        _line(world, shop, heard)
        world.work()
        _coupons(shop, till, place, heard)
    return heard.lines


def _claims(shop: httpx.Client, reader: httpx.Client, heard: Heard) -> str:
    first = heard.note(_submit(shop, "one", {"campaign": NAME, "user": "li", "locale": "de"}))
    for key, claim in (
        ("one", {"campaign": NAME, "user": "li", "locale": "de"}),
        ("one", {"campaign": NAME, "user": "wu"}),
        ("two", {"campaign": NAME, "user": "li", "grant": "second"}),
        ("two", {"campaign": "autumn", "user": "li"}),
        ("two", {"campaign": NAME, "usr": "li"}),
        ("three", {"campaign": SMALL, "user": "li"}),
        ("seven", {"campaign": SMALL, "user": "wu"}),
    ):
        heard.note(_submit(shop, key, claim))
    heard.note(_submit(reader, "one", {"campaign": NAME, "user": "su"}))
    heard.note(shop.post("/v1/claims/batch", json={"claims": BATCH}))
    heard.note(shop.get("/v1/claims", params={"key": "four"}))
    place = first.headers["location"]
    for caller, path in ((shop, place), (reader, place), (shop, f"/v1/campaigns/{NAME}")):
        heard.note(caller.get(path))
    return str(place)


def _line(world: World, shop: httpx.Client, heard: Heard) -> None:
    world.pause()
    places = []
    for key, user in (("eight", "an"), ("nine", "bo")):
        places.append(heard.note(_submit(shop, key, {"campaign": NAME, "user": user})))
    heard.note(shop.get(f"/v1/campaigns/{NAME}", headers={"accept-language": "zh-CN"}))
    heard.note(shop.delete(places[0].headers["location"]))
    heard.note(shop.get(places[1].headers["location"]))
    world.resume()


def _coupons(shop: httpx.Client, till: httpx.Client, place: str, heard: Heard) -> None:
    code = heard.note(shop.get(place)).json()["coupon"]["code"]
    heard.note(shop.delete(place))
    heard.note(shop.get("/v1/events", params={"after": 0}))
    for verb, key in (("redeem", "a"), ("redeem", "b"), ("rollback", "a"), ("redeem", "a")):
        heard.note(till.post(f"/v1/coupons/{code}/{verb}", headers={"idempotency-key": key}))
    heard.note(shop.get(f"/v1/coupons/{code}"))


def _submit(caller: httpx.Client, key: str, claim: Mapping[str, str]) -> httpx.Response:
    return caller.post("/v1/claims", json=claim, headers={"idempotency-key": key})
