"""Probes: what people try on doors, each answered in order, and nothing comes of it."""

import gzip
import json
import socket
from typing import cast
from urllib.parse import quote

import httpx
import pytest

from fulfiller.domain.key import Scope
from fulfiller.intake.parts import Truth
from fulfiller.service.port import Ask, Sight
from fulfiller.store.proof import prove
from tests.intake.door import NAME, Door, body, code, opened, pointers, submit
from tests.intake.routes import TERMS

INJECTIONS = (
    "'; drop table claim; --",
    "' or '1'='1",
    '" or ""="',
    "1); delete from stripe; --",
    "$1",
    "%s%(user)s{user}",
    "\\'; select pg_sleep(10); --",
    "{1,2,NULL}",
    "a\\",
    "../../etc/passwd",
    "${jndi:ldap://x}",
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "\u202eil\u200b\ufeff",
    "\U0001f9e7" * 20,
    "e\u0301 \u0130\u0131 \ufb03",
    "NULL",
    "None",
)
CONTROL = ("a\0b", "\r\nset-cookie: a=b", "a\x1b[31m", "\x7f")
PATHS = (
    "//v1/claims",
    "/v1//claims",
    "/v1/claims/",
    "/v1/./claims",
    "/v1/x/../claims",
    "/v1/claims;a=b",
    "/V1/Claims",
    "/v1/claims%00",
    "/v1/claims%2f",
    "/v1/%252e%252e/claims",
    "/v1\\claims",
    "/docs/../v1/claims",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/.git/config",
    "/metrics/",
    "/openapi.json/",
)
OVERRIDES = ("x-http-method-override", "x-http-method", "x-method-override")
TRACES = ("Traceback", 'File "', ".py", "sqlalchemy", "psycopg", "sqlite3", "/site-packages/")


def _raw(door: Door, *lines: str, content: bytes = b"") -> tuple[int, dict[str, object]]:
    """Send a request as it stands, and return the status and the problem."""
    host, _, port = door.url.removeprefix("http://").partition(":")
    head = "".join(f"{line}\r\n" for line in (*lines, "connection: close", ""))
    with socket.create_connection((host, int(port)), timeout=10) as line:
        line.sendall(head.encode("latin-1") + content)
        said = line.makefile("rb").read()
    top, _, problem = said.partition(b"\r\n\r\n")
    assert said.count(b"HTTP/1.1 ") == 1, said
    return int(top.split()[1]), json.loads(problem or b"{}")


def test_what_is_code_elsewhere_is_text_here(door: Door) -> None:
    """In every field, header and address: kept and told as it was sent, and the books balance."""
    with door.caller() as caller:
        for number, text in enumerate(INJECTIONS):
            claim = body(text, grant=text, limit_key=text)
            # No key begins with a quote, which is how a header may begin to quote one.
            kept = submit(caller, f"k{text}" if text.isascii() else f"k{number}", claim)
            assert kept.status_code == 202, (text, kept.text)
            seen = caller.get(kept.headers["location"]).json()
            assert (seen["user"], seen["grant"]) == (text, text)
            for answer in (
                submit(caller, f"elsewhere {number}", body(campaign=text)),
                caller.get("/v1/claims", params={"key": f"{number}{text}"}),
                caller.get("/v1/events", params={"after": text}),
                caller.get(f"/v1/claims/clm_{text}"),
                caller.get(f"/v1/coupons/{text}"),
                caller.get(f"/v1/campaigns/{text}"),
                caller.get(f"/problems/{text}"),
            ):
                assert answer.status_code in (404, 422), (text, answer.text)
                code(answer)
    assert door.entered() == len(INJECTIONS)
    assert [finding for finding in prove(door.store_url) if not finding.ok] == []


@pytest.mark.parametrize("text", CONTROL)
def test_control_characters_get_nowhere(quiet_door: Door, text: str) -> None:
    """No text with control characters is kept, and none comes back in a header."""
    with quiet_door.caller() as caller:
        for field in ("user", "grant", "limit_key"):
            refused = submit(caller, "one", body() | {field: text})
            assert (refused.status_code, pointers(refused)) == (422, {f"/{field}"})
            assert "set-cookie" not in refused.headers
        for place in (f"/v1/claims/clm_{text}", f"/v1/campaigns/{text}", f"/v1/coupons/{text}"):
            answer = caller.get(quote(place))
            assert answer.status_code == 404
            assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_other_way_leads_in(quiet_door: Door, method: str, path: str) -> None:
    """An address is what is written in the contract, and nothing that looks like it."""
    key = quiet_door.key("teahouse", frozenset(Scope))
    lines = (f"{method} {path} HTTP/1.1", "host: x", f"authorization: Bearer {key}")
    status, problem = _raw(quiet_door, *lines, "content-length: 0")
    assert status in (400, 404)
    assert problem["code"] in ("not_found", "malformed", "unknown_claim")


@pytest.mark.parametrize("header", OVERRIDES)
def test_a_method_is_not_overridden(sqlite_door: Door, header: str) -> None:
    """What is asked is the method of the request, whatever its headers or parameters say."""
    with sqlite_door.caller() as caller:
        place = submit(caller, "one").headers["location"]
        seen = caller.get(place + "?_method=DELETE", headers={header: "DELETE"})
        also = caller.get("/v1/claims/batch", headers={header: "POST"})
        assert (seen.status_code, also.status_code) == (200, 405)
        assert caller.get(place).json()["state"] == "accepted"


@pytest.mark.parametrize("header", ["Authorization", "Idempotency-Key", "Content-Type"])
def test_a_header_that_counts_stands_once(quiet_door: Door, header: str) -> None:
    """Sent twice it is refused, even if both say the same: somebody would read the other one."""
    told = {
        "Authorization": f"Bearer {quiet_door.key('teahouse')}",
        "Idempotency-Key": "one",
        "Content-Type": "application/json",
        "Content-Length": "2",
    }
    lines = [f"{name}: {value}" for name, value in told.items()]
    status, problem = _raw(
        quiet_door, "POST /v1/claims HTTP/1.1", "host: x", *lines,
        f"{header.upper()}: {told[header]}", content=b"{}",
    )  # fmt: skip
    assert (status, problem["code"]) == (400, "repeated_header")
    assert [flaw["header"] for flaw in cast("list[dict[str, str]]", problem["errors"])] == [
        header.lower()
    ]


@pytest.mark.parametrize(
    "lines",
    [
        ("content-length: 2", "transfer-encoding: chunked"),
        ("content-length: 2", "content-length: 3"),
        ("content-length: -1",),
        ("content-length: 1e3",),
        ("transfer-encoding: gzip, chunked, identity",),
        (" folded: header",),
        ("a b: c",),
    ],
)
def test_a_body_has_one_end(quiet_door: Door, lines: tuple[str, ...]) -> None:
    """Where a request ends must not be a matter of opinion: two opinions are a 400."""
    key = quiet_door.key("teahouse", frozenset(Scope))
    auth = (f"authorization: Bearer {key}", "content-type: application/json", "idempotency-key: k")
    status, problem = _raw(
        quiet_door, "POST /v1/claims HTTP/1.1", "host: x", *auth, *lines, content=b"{}\r\n\r\n"
    )
    assert (status, problem["code"]) == (400, "malformed")


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "gzip, gzip"])
def test_nothing_is_unpacked(quiet_door: Door, encoding: str) -> None:
    """A body with a Content-Encoding is refused, so that none is larger than it looks."""
    bomb = gzip.compress(b'{"user": "' + b"a" * 10_000_000 + b'"}')
    for path in ("/v1/claims", "/v1/claims/batch", "/v1/campaigns"):
        with quiet_door.caller(scopes=frozenset(Scope)) as caller:
            headers = {"content-type": "application/json", "content-encoding": encoding}
            answer = caller.post(path, content=bomb[:12_000], headers=headers)
        assert (answer.status_code, code(answer)) == (415, "unsupported_encoding")
        assert pointers(answer) == {"Content-Encoding"}


@pytest.mark.parametrize(
    "path",
    [
        "/v1/claims/clm_01a2032c-b723-7814-8ffb-bab151313280?wait_s=1e400",
        "/v1/claims/clm_01a2032c-b723-7814-8ffb-bab151313280?wait_s=" + "9" * 5_000,
        "/v1/events?after=" + "9" * 5_000,
        "/v1/events?after=-1",
        "/v1/events?after=1e3",
    ],
)
def test_a_number_has_its_bounds(quiet_door: Door, path: str) -> None:
    """What is no number, or more than any, is told as such."""
    with quiet_door.caller() as caller:
        answer = caller.get(path)
    assert (answer.status_code, code(answer)) == (422, "invalid")


@pytest.mark.parametrize("number", ["1e400", "-1", "0", "1.5", "9" * 400, '"60"', "true"])
def test_terms_have_their_bounds(quiet_door: Door, number: str) -> None:
    """The same for numbers in a body."""
    terms = json.dumps(TERMS).replace(str(TERMS["budget"]), number)
    with quiet_door.caller("palace", frozenset(Scope)) as caller:
        headers = {"content-type": "application/json"}
        answer = caller.post("/v1/campaigns", content=terms, headers=headers)
    assert (answer.status_code, code(answer)) == (422, "invalid"), answer.text
    assert pointers(answer) == {"/budget"}


def test_head_is_get_without_a_body(sqlite_door: Door) -> None:
    """Whatever can be read can be asked for by HEAD, with the same headers and the same doors."""
    with sqlite_door.caller() as caller:
        place = submit(caller, "one").headers["location"]
        for path in (place, "/livez", "/readyz", f"/v1/campaigns/{NAME}", "/docs", "/nowhere"):
            got, head = caller.get(path), caller.head(path)
            assert (head.status_code, head.content) == (got.status_code, b"")
            assert head.headers["content-length"] == got.headers["content-length"] or got.is_error
            assert head.headers["content-type"] == got.headers["content-type"]
    assert httpx.head(sqlite_door.url + place).status_code == 401


@pytest.mark.parametrize(
    ("path", "allow"),
    [
        ("/v1/claims", "GET, HEAD, POST"),
        ("/v1/claims/batch", "POST"),
        ("/v1/claims/clm_x", "DELETE, GET, HEAD"),
        ("/livez", "GET, HEAD"),
    ],
)
@pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "PATCH"])
def test_other_methods_are_told_which_there_are(
    quiet_door: Door, method: str, path: str, allow: str
) -> None:
    """No method does anything that the contract does not name, and no other site may ask."""
    with quiet_door.caller() as caller:
        answer = caller.request(method, path, headers={"origin": "https://elsewhere.example"})
    assert (answer.status_code, answer.headers["allow"]) == (405, allow)
    assert not [name for name in answer.headers if name.startswith("access-control")]


class Broken:
    """A store that breaks with a message that is nobody's business."""

    def __init__(self, store: Truth) -> None:
        """Keep the store."""
        self._store = store

    def __getattr__(self, name: str) -> object:
        """Pass everything else on."""
        return getattr(self._store, name)

    def look(self, _ask: Ask) -> Sight:
        """Break."""
        raise LookupError("postgresql://user:hunter2@db/claims")

    view = by_key = campaign = look


def test_a_fault_is_told_without_its_inside(sqlite_url: str) -> None:
    """What breaks in here is a 500 with a request id; why it broke stands in the log alone."""

    def broken(store: Truth) -> Truth:
        return cast("Truth", Broken(store))

    with opened(sqlite_url, each_store=broken) as door, door.caller() as caller:
        answers = [
            submit(caller, "one"),
            caller.get("/v1/claims/clm_01a2032c-b723-7814-8ffb-bab151313280"),
            caller.get("/v1/claims?key=one"),
            caller.get(f"/v1/campaigns/{NAME}"),
        ]
    for answer in answers:
        assert (answer.status_code, code(answer)) == (500, "internal")
        assert not [trace for trace in (*TRACES, "hunter2") if trace in answer.text]
