"""One request and its reply, as bytes: what every handler takes and returns."""

import logging
import re
from collections.abc import Awaitable, Callable, MutableMapping
from itertools import count
from secrets import token_hex
from typing import Any

import msgspec

from fulfiller.intake.problem import MEDIA_TYPE, Code, Flaw, Header, Problem

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

LENGTH_DIGITS_MAX = 9
HEAD_MAX = 16 * 1024
"""Bytes of the address and all headers."""
ONCE = (b"authorization", b"content-type", b"content-encoding", b"idempotency-key")
"""Headers that mean something here, and therefore one thing only."""
JSON = b"application/json"
WHOLE = "fulfiller.whole"
"""The ASGI extension by which a server takes an answer in one piece: `(status, fields, body)`
to whether it did."""
log = logging.getLogger(__name__)
encode = msgspec.json.Encoder().encode
_is_code = re.compile(r"(/coupons/)[^/]+")
"""A coupon code is as good as its money: no log shows one."""
_process = token_hex(6)
_numbers = count(1)
_is_request_id = re.compile(rb"[!-~]{1,128}").fullmatch


class Asked(msgspec.Struct, frozen=True):
    """A request without its body; of a header sent twice the last one counts.

    `flaw` is what is wrong with it whatever it asks for; `address` is whence it came; `fields`
    are headers that its answer bears, whatever the answer is.
    """

    path: str
    query: bytes
    headers: dict[bytes, bytes]
    request_id: str
    flaw: Problem | None = None
    address: str = ""
    fields: list[Header] = msgspec.field(default_factory=list)


class Reply(msgspec.Struct, frozen=True):
    """A reply; the length and the request's id are added when it is sent."""

    status: int
    body: bytes
    headers: tuple[Header, ...] = ()
    content_type: bytes = JSON


Handler = Callable[[Asked, Receive], Awaitable[Reply]]


def asked(scope: Scope) -> Asked:
    """Return the request of an ASGI scope; its id is the caller's, or a fresh one."""
    headers: dict[bytes, bytes] = dict(scope["headers"])
    given = headers.get(b"x-request-id")
    sound = given is not None and _is_request_id(given)
    request_id = given.decode() if sound and given else fresh_id()
    flaw = _flaw(scope, headers)
    client = scope.get("client")
    address = client[0] if client else ""
    return Asked(scope["path"], scope["query_string"], headers, request_id, flaw, address, [])


def fresh_id() -> str:
    """Return an id for a request that brought none."""
    return f"{_process}-{next(_numbers):x}"


async def answered(handler: Handler, request: Asked, receive: Receive) -> Reply:
    """Return the handler's reply, or the problem that kept it from replying."""
    if request.flaw is not None:
        return problem_reply(request.flaw, request)
    try:
        reply = await handler(request, receive)
    except Problem as problem:
        return problem_reply(problem, request)
    except Exception:
        path = _is_code.sub(r"\1…", request.path)
        log.exception("request.failed path=%s request_id=%s", path, request.request_id)
        return problem_reply(Problem(Code.INTERNAL), request)
    fields = (*reply.headers, *request.fields)
    return Reply(reply.status, reply.body, fields, reply.content_type) if request.fields else reply


def problem_reply(problem: Problem, request: Asked) -> Reply:
    """Return the reply that tells a problem."""
    body = problem.body(instance=request.path, request_id=request.request_id)
    fields = (*problem.headers(), *request.fields)
    return Reply(problem.kind.status, encode(body), fields, MEDIA_TYPE)


def head(reply: Reply, request_id: str) -> list[Header]:
    """Return all headers of a reply."""
    return [
        (b"content-type", reply.content_type),
        (b"content-length", b"%d" % len(reply.body)),
        (b"x-request-id", request_id.encode()),
        *reply.headers,
    ]


async def send_reply(reply: Reply, request_id: str, scope: Scope, send: Send) -> None:
    """Send a reply, in one piece if the server can and the request wants its body."""
    fields = head(reply, request_id)
    whole = scope.get("extensions", {}).get(WHOLE)
    if whole is not None and scope["method"] == "POST" and whole(reply.status, fields, reply.body):
        return
    await send({"type": "http.response.start", "status": reply.status, "headers": fields})
    await send({"type": "http.response.body", "body": reply.body})


async def json_body(request: Asked, receive: Receive, *, limit: int) -> bytes:
    """Return the body of a request that says it is JSON; refuse more than `limit` bytes."""
    _check_type(request.headers.get(b"content-type", b""))
    if request.headers.get(b"content-encoding", b"identity").lower() != b"identity":
        # Nothing is unpacked, so that no small body can become a large one.
        raise Problem(
            Code.UNSUPPORTED_ENCODING, "", Flaw("leave it out", header="Content-Encoding")
        )
    _check_length(request.headers.get(b"content-length", b""), limit)
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body"):
        if len(body) > limit:
            break
        message = await receive()
        body += message.get("body", b"")
    if len(body) > limit:
        raise _too_large(limit)
    return body


def _flaw(scope: Scope, headers: dict[bytes, bytes]) -> Problem | None:
    """Return what is wrong with address and headers before anybody looks at what they say."""
    pairs: list[Header] = scope["headers"]
    size = len(scope["path"]) + len(scope["query_string"])
    if size + sum([len(name) + len(value) + 4 for name, value in pairs]) > HEAD_MAX:
        return Problem(Code.HEAD_TOO_LARGE, f"together they may have {HEAD_MAX} bytes at most")
    if len(headers) == len(pairs):
        return None
    names = [name for name, _ in pairs]
    twice = [name.decode() for name in ONCE if names.count(name) > 1]
    if not twice:
        return None
    return Problem(Code.REPEATED_HEADER, "", *(Flaw("send it once", header=n) for n in twice))


def _check_type(said: bytes) -> None:
    if said != JSON and said.partition(b";")[0].strip().lower() != JSON:
        raise Problem(
            Code.UNSUPPORTED_MEDIA_TYPE, "", Flaw("write application/json", header="Content-Type")
        )


def _check_length(said: bytes, limit: int) -> None:
    """Refuse early what says itself that it is too long."""
    if len(said) > LENGTH_DIGITS_MAX or (said.isdigit() and int(said) > limit):
        raise _too_large(limit)


def _too_large(limit: int) -> Problem:
    # The rest of the body is still on its way and nobody will read it: hang up.
    return Problem(Code.TOO_LARGE, f"the body may have {limit} bytes at most")
