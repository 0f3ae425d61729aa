"""Read claims as they come in: shape and nothing else; every flaw is named with its remedy."""

import json
import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from hashlib import blake2b
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta

from fulfiller.domain.claim import DEFAULT_GRANT, Request
from fulfiller.domain.tier import BY_NAME
from fulfiller.intake.problem import Code, Flaw, Problem

KEY_MAX = 255
FINGERPRINT_BYTES = 16
KEY_PATTERN = "^[!#-~]([ -~]*[!-~])?$"
"""Of an idempotency key, at every door; a quote in front is how a header may begin to quote it."""
QUOTED_KEY = r'"([!#-\[\]-~]|\\\\)(([ !#-\[\]-~]|\\["\\])*([!#-\[\]-~]|\\["\\]))?"'
SENT_KEY_PATTERN = f"^({KEY_PATTERN.strip('^$')}|{QUOTED_KEY})$"
"""Of a key in a header or a query: bare, or as a structured string of RFC 9651."""
SOUND: dict[str, Any] = {"pattern": r"^[^\x00-\x1f\x7f]*$"}
"""What the contract says of texts; here `check_texts` sees to it, off the hot path."""
Name = Annotated[str, Meta(min_length=1, max_length=64, extra_json_schema=SOUND)]
TEXT_MAX = 128
Text = Annotated[str, Meta(min_length=1, max_length=TEXT_MAX, extra_json_schema=SOUND)]
Reason = Annotated[str, Meta(min_length=1, max_length=200, extra_json_schema=SOUND)]
Locale = Annotated[str, Meta(max_length=35, pattern="^[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*$")]
IdempotencyKey = Annotated[str, Meta(min_length=1, max_length=KEY_MAX, pattern=KEY_PATTERN)]

REMEDIES = {
    "campaign": "write the campaign's name: a text of 1 to 64 characters",
    "user": "write who claims: a text of 1 to 128 characters without control characters",
    "grant": "write a text of 1 to 128 characters without control characters, or leave it out",
    "tier": "write one of p0, p1, p2, p3, or leave it out",
    "locale": "write a language tag such as zh-Hans-CN, or leave it out",
    "limit_key": "write a text of 1 to 128 characters without control characters, or leave it out",
    "idempotency_key": f"write 1 to {KEY_MAX} printable ASCII characters, "
    "no space at either end and no quote in front",
    "claims": "write a list of claims",
    "pressure": "write one of full, slow, none",
    "PressureIn.ttl_s": "write whole seconds, 1 to 86400, or leave it out",
    "ttl_s": "write whole seconds, 1 to 3600, or leave it out",
    "rate": "write a rate such as 500/s, 3000/m or 200/h, or null for no limit",
    "max": "write how many worker slots there may be, 1 to 10000, or leave it out",
    "reason": "write why: a text of 1 to 200 characters without control characters",
}


class ClaimIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A claim as a caller sends it."""

    campaign: Name
    user: Text
    grant: Text | None = None
    tier: Literal["p0", "p1", "p2", "p3"] | None = None
    locale: Locale | None = None
    limit_key: Text | None = None


class BatchClaimIn(ClaimIn, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A claim among others, with the key that a lone one has in its header."""

    idempotency_key: IdempotencyKey


class BatchIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Many claims at once; each gets its own result."""

    claims: list[msgspec.Raw]


Shape = TypeVar("Shape", bound=msgspec.Struct)
_claim = msgspec.json.Decoder(ClaimIn)
_batch_claim = msgspec.json.Decoder(BatchClaimIn)
_batch = msgspec.json.Decoder(BatchIn)
_canonical = msgspec.json.Encoder().encode
_control = re.compile("[\x00-\x1f\x7f\ud800-\udfff]").search
_is_key = re.compile(KEY_PATTERN).fullmatch
_is_quoted = re.compile(QUOTED_KEY).fullmatch
_escape = re.compile(r'\\(["\\])')


def claim_request(body: bytes, account: str, key: str) -> Request:
    """Return the request in a body; raise the problem that names everything wrong with it."""
    return _request(decoded(_claim, body), account, key)


def batch_bodies(body: bytes, *, limit: int) -> list[msgspec.Raw]:
    """Return the claims of a batch, each still as it was written."""
    claims = decoded(_batch, body).claims
    if not 1 <= len(claims) <= limit:
        flaw = Flaw(f"write 1 to {limit} claims, not {len(claims)}", pointer="/claims")
        raise Problem(Code.INVALID, "", flaw)
    return claims


def batch_request(body: msgspec.Raw, account: str, *, number: int) -> Request | Problem:
    """Return the request in one claim of a batch, or the problem with it."""
    try:
        claim = decoded(_batch_claim, bytes(body), f"/claims/{number}")
        if claim.idempotency_key[-1] == "\n":
            # What a pattern calls the end of a text may have one more line break behind it.
            check_texts(claim, ("idempotency_key",), f"/claims/{number}")
        return _request(claim, account, claim.idempotency_key, f"/claims/{number}")
    except Problem as problem:
        return problem


def idempotency_key(header: bytes | None) -> str:
    """Return the key in a header: a structured string in quotes, or the same bare."""
    if header is None:
        raise Problem(Code.KEY_MISSING)
    text = header.decode("latin-1").strip(" \t")
    if _is_quoted(text):
        text = text[1:-1]
        text = _escape.sub(r"\1", text) if "\\" in text else text
    if not (_is_key(text) and len(text) <= KEY_MAX):
        raise Problem(Code.KEY_INVALID)
    return text


def is_text(text: str) -> bool:
    """Return whether a text that came another way is one that a body may have."""
    return 1 <= len(text) <= TEXT_MAX and not _control(text)


def object_in(body: bytes) -> dict[str, object]:
    """Return the JSON object in a body, whatever its fields."""
    raw = _parsed(body)
    if not isinstance(raw, dict):
        raise Problem(Code.INVALID, "", Flaw("write a JSON object", pointer=""))
    return raw


def pointer(*names: str) -> str:
    """Return the JSON pointer of a field, fit to be sent back whatever its name is."""
    sound = (name.encode("utf-8", "replace").decode() for name in names)
    return "".join("/" + name.replace("~", "~0").replace("/", "~1") for name in sound)


def decoded(decoder: "msgspec.json.Decoder[Shape]", body: bytes, at: str = "") -> Shape:
    """Return a body in its shape; raise the problem that names everything wrong with it."""
    try:
        return decoder.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        pass
    # Off the hot path: read it again, slowly, and name every flaw instead of the first.
    flaws = tuple(_flaws(_parsed(body), decoder.type, at))
    raise Problem(Code.INVALID if flaws else Code.MALFORMED, "", *flaws)


def _parsed(body: bytes) -> object:
    try:
        return json.loads(body.decode("utf-8"))
    except RecursionError:
        raise Problem(Code.MALFORMED, "the JSON is nested too deeply") from None
    except UnicodeDecodeError as flaw:
        raise Problem(Code.MALFORMED, f"byte {flaw.start} is not UTF-8") from None
    except ValueError as flaw:
        raise Problem(Code.MALFORMED, f"the body is not JSON: {flaw}") from None


def _flaws(raw: object, shape: type[msgspec.Struct], at: str) -> Iterator[Flaw]:
    if not isinstance(raw, dict):
        yield Flaw("write a JSON object", pointer=at)
        return
    fields = {field.name: field for field in msgspec.structs.fields(shape)}
    for name in raw.keys() - fields.keys():
        yield Flaw(_stranger(name, tuple(fields)), pointer=at + pointer(name))
    for name, field in fields.items():
        remedy = REMEDIES.get(f"{shape.__name__}.{name}") or REMEDIES[name]
        if name not in raw and field.required:
            yield Flaw(f"it is missing: {remedy}", pointer=f"{at}/{name}")
        elif name in raw and not _fits(raw[name], field.type):
            yield Flaw(remedy, pointer=f"{at}/{name}")


def _stranger(name: str, known: Sequence[str]) -> str:
    nearest = get_close_matches(name, known, n=1)
    meant = f"did you mean {nearest[0]}?" if nearest else f"known are {', '.join(known)}"
    return f"there is no such field; {meant}"


def _fits(value: object, kind: object) -> bool:
    try:
        msgspec.convert(value, kind)
    except (msgspec.ValidationError, UnicodeError):
        return False
    return not (isinstance(value, str) and _control(value))


def _request(claim: ClaimIn, account: str, key: str, at: str = "") -> Request:
    grant = DEFAULT_GRANT if claim.grant is None else claim.grant
    canonical = _canonical(
        (claim.campaign, claim.user, grant, claim.tier, claim.locale, claim.limit_key)
    )
    # JSON escapes control characters, so that a text without a backslash has none but DEL.
    if b"\\" in canonical or b"\x7f" in canonical:
        check_texts(claim, ("campaign", "user", "grant", "locale", "limit_key"), at)
    return Request(
        account=account,
        campaign=claim.campaign,
        user=claim.user,
        key=key,
        fingerprint=blake2b(canonical, digest_size=FINGERPRINT_BYTES).digest(),
        grant=grant,
        tier=None if claim.tier is None else BY_NAME[claim.tier],
        locale=claim.locale,
        limit_key=claim.limit_key,
    )


def check_texts(read: msgspec.Struct, names: Sequence[str], at: str = "") -> None:
    """Raise the problem that names each of these fields that has control characters."""
    texts = {name: getattr(read, name) for name in names}
    flaws = [
        Flaw(REMEDIES[name], pointer=f"{at}/{name}")
        for name, text in texts.items()
        if text is not None and _control(text)
    ]
    if flaws:
        raise Problem(Code.INVALID, "", *flaws)
