"""Calls as bytes and answers as results: pure, the same for both clients."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from urllib.parse import quote

import httpx
import msgspec

from fulfiller.client.error import ClientError, Problem, Unavailable, error_from
from fulfiller.client.result import Claim, CouponNow, NewClaim, Outcomes

CLAIMS = "/v1/claims"
COUPONS = "/v1/coupons"
EVENTS = "/v1/events"
CHUNK_MAX = 1_000
CHUNK_BYTES_MAX = 1_000_000
"""A little below what the service takes in one batch."""
JSON = {"content-type": "application/json"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One HTTP request; `wait_s` is how long the service may hold it on purpose."""

    method: str
    path: str
    body: bytes | None = None
    headers: dict[str, str]
    wait_s: float = 0.0


class _BatchResult(msgspec.Struct, frozen=True):
    status: int
    replayed: bool = False
    claim: Claim | None = None
    problem: Problem | None = None


class _BatchOut(msgspec.Struct, frozen=True):
    results: list[_BatchResult]


_encode = msgspec.json.Encoder().encode
_claim = msgspec.json.Decoder(Claim)
_coupon = msgspec.json.Decoder(CouponNow)
_batch = msgspec.json.Decoder(_BatchOut)
_outcomes = msgspec.json.Decoder(Outcomes)
_problem = msgspec.json.Decoder(Problem)


def submitting(claim: NewClaim) -> Call:
    """Return the call that submits a claim."""
    headers = JSON | {"idempotency-key": _quoted(claim.key)}
    return Call(method="POST", path=CLAIMS, body=_encode(_fields(claim)), headers=headers)


def submitting_many(bodies: Sequence[bytes]) -> Call:
    """Return the call that submits a chunk of claims."""
    body = b'{"claims":[' + b",".join(bodies) + b"]}"
    return Call(method="POST", path=CLAIMS + "/batch", body=body, headers=JSON)


def looking(claim_id: str, wait_s: float = 0.0) -> Call:
    """Return the call that looks at a claim, and waits for a change if asked to."""
    query = f"?wait_s={wait_s:.3f}" if wait_s > 0 else ""
    path = f"{CLAIMS}/{quote(claim_id, safe='')}{query}"
    return Call(method="GET", path=path, headers={}, wait_s=wait_s)


def finding(key: str) -> Call:
    """Return the call that finds a claim by the key it was submitted with."""
    return Call(method="GET", path=f"{CLAIMS}?key={quote(_quoted(key), safe='')}", headers={})


def cancelling(claim_id: str) -> Call:
    """Return the call that cancels a claim."""
    return Call(method="DELETE", path=f"{CLAIMS}/{quote(claim_id, safe='')}", headers={})


def seeing(code: str) -> Call:
    """Return the call that looks at a coupon."""
    return Call(method="GET", path=f"{COUPONS}/{quote(code, safe='')}", headers={})


def handling(code: str, verb: str, key: str) -> Call:
    """Return the call that does something to a coupon."""
    path = f"{COUPONS}/{quote(code, safe='')}/{verb}"
    return Call(method="POST", path=path, headers={"idempotency-key": _quoted(key)})


def chunks(claims: Sequence[NewClaim]) -> Iterator[list[bytes]]:
    """Cut claims, encoded, into what one batch may carry."""
    chunk: list[bytes] = []
    size = 0
    for claim in claims:
        body = _encode(_fields(claim) | {"idempotency_key": claim.key})
        if chunk and (len(chunk) == CHUNK_MAX or size + len(body) >= CHUNK_BYTES_MAX):
            yield chunk
            chunk, size = [], 0
        chunk.append(body)
        size += len(body) + 1
    if chunk:
        yield chunk


def claim_in(response: httpx.Response) -> Claim:
    """Return the claim in an answer."""
    try:
        claim = _claim.decode(response.content)
    except (msgspec.MsgspecError, ValueError) as fault:
        raise unreachable(f"the answer is no claim: {fault}") from fault
    if response.headers.get("idempotency-replayed") == "true":
        return msgspec.structs.replace(claim, replayed=True)
    return claim


def coupon_in(response: httpx.Response) -> CouponNow:
    """Return the coupon in an answer."""
    try:
        coupon = _coupon.decode(response.content)
    except (msgspec.MsgspecError, ValueError) as fault:
        raise unreachable(f"the answer is no coupon: {fault}") from fault
    if response.headers.get("idempotency-replayed") == "true":
        return msgspec.structs.replace(coupon, replayed=True)
    return coupon


def results_in(response: httpx.Response, number: int) -> list[Claim | ClientError]:
    """Return the results in the answer to a batch of so many claims."""
    try:
        results = _batch.decode(response.content).results
    except (msgspec.MsgspecError, ValueError) as fault:
        raise unreachable(f"the answer is no batch of results: {fault}") from fault
    if len(results) != number:
        raise unreachable(f"{number} claims were sent and {len(results)} answered")
    return [_result(result) for result in results]


def following(after: int) -> Call:
    """Return the call for the outcomes behind a number."""
    return Call(method="GET", path=f"{EVENTS}?after={after}", headers={})


def outcomes_in(response: httpx.Response) -> Outcomes:
    """Return the page of outcomes in an answer."""
    try:
        return _outcomes.decode(response.content)
    except (msgspec.MsgspecError, ValueError) as fault:
        raise unreachable(f"the answer is no page of outcomes: {fault}") from fault


def error_in(response: httpx.Response) -> ClientError | None:
    """Return the error that an answer tells, if it is no success."""
    if response.is_success:
        return None
    try:
        problem = _problem.decode(response.content)
    except (msgspec.MsgspecError, ValueError):
        # Something between us and the service has answered.
        problem = Problem(response.status_code, title=response.reason_phrase)
    retry_after_s = _seconds(response.headers.get("retry-after"))
    if retry_after_s is not None:
        problem = msgspec.structs.replace(problem, retry_after_s=retry_after_s)
    return error_from(problem)


def unreachable(detail: str) -> Unavailable:
    """Return the error of a service that gave no answer, or none that can be read."""
    return Unavailable(Problem(0, code="unreachable", detail=detail))


def _result(result: _BatchResult) -> Claim | ClientError:
    if result.claim is not None:
        return msgspec.structs.replace(result.claim, replayed=result.replayed)
    return error_from(result.problem or Problem(result.status))


def _fields(claim: NewClaim) -> dict[str, str]:
    fields = asdict(claim)
    del fields["key"]
    return {name: value for name, value in fields.items() if value is not None}


def _quoted(key: str) -> str:
    return '"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _seconds(header: str | None) -> float | None:
    return float(header) if header is not None and header.isdecimal() else None
