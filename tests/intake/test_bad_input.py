"""Bad input: the documented status, a problem that names the field, nothing stored."""

import json

import httpx
import pytest

from tests.intake.door import NAME, Door, body, code, pointers

DEEP = b"[" * 7_000 + b"]" * 7_000
LONG = "x" * 129


def _claim(**fields: object) -> bytes:
    return json.dumps(body() | fields).encode()


MALFORMED = {
    "nothing": b"",
    "half": b'{"campaign": "spring',
    "not json": b"campaign=spring-festival",
    "trailing": _claim() + b"x",
    "latin-1": b'{"campaign": "spring-festival", "user": "\xfc"}',
    "encoded surrogate": b'{"campaign": "spring-festival", "user": "\xed\xa0\x80"}',
    "deep": DEEP,
    "deep in a field": b'{"campaign": "c", "user": ' + DEEP + b"}",
    "endless digits": b'{"campaign": "c", "user": ' + b"9" * 5_000 + b"}",
    "utf-16": '{"campaign": "c", "user": "u"}'.encode("utf-16"),
}
INVALID = {
    "no object": (b'["campaign"]', {""}),
    "null": (b"null", {""}),
    "nothing in it": (b"{}", {"/campaign", "/user"}),
    "user missing": (json.dumps({"campaign": NAME}).encode(), {"/user"}),
    "user a number": (_claim(user=7), {"/user"}),
    "user a list": (_claim(user=["li"]), {"/user"}),
    "user null": (_claim(user=None), {"/user"}),
    "user empty": (_claim(user=""), {"/user"}),
    "user overlong": (_claim(user=LONG), {"/user"}),
    "user with NUL": (_claim(user="a\0b"), {"/user"}),
    "user with a line break": (_claim(user="a\nb"), {"/user"}),
    "user with DEL": (_claim(user="a\x7fb"), {"/user"}),
    "lone surrogate": (b'{"campaign": "c", "user": "\\ud800"}', {"/user"}),
    "surrogate in a name": (b'{"campaign": "c", "user": "u", "\\udfff/": 1}', {"/?~1"}),
    "campaign overlong": (_claim(campaign="c" * 65), {"/campaign"}),
    "campaign with NUL": (_claim(campaign="a\0"), {"/campaign"}),
    "grant overlong": (_claim(grant=LONG), {"/grant"}),
    "grant with NUL": (_claim(grant="\0"), {"/grant"}),
    "limit key overlong": (_claim(limit_key=LONG), {"/limit_key"}),
    "tier unknown": (_claim(tier="p9"), {"/tier"}),
    "tier a number": (_claim(tier=1), {"/tier"}),
    "locale no language": (_claim(locale="../../etc"), {"/locale"}),
    "locale with a line break": (_claim(locale="en\n"), {"/locale"}),
    "unknown field": (_claim(usr="li"), {"/usr"}),
    "several at once": (_claim(user=7, tier="p9", grnt="g"), {"/user", "/tier", "/grnt"}),
}


def _post(door: Door, content: bytes, path: str = "/v1/claims", **headers: str) -> httpx.Response:
    usual = {"content-type": "application/json", "idempotency-key": "one"}
    with door.caller() as caller:
        return caller.post(path, content=content, headers=usual | headers)


@pytest.mark.parametrize("content", MALFORMED.values(), ids=MALFORMED)
def test_what_is_not_json_is_malformed(quiet_door: Door, content: bytes) -> None:
    """A body that no JSON reader takes is a 400, whatever is wrong with it."""
    answer = _post(quiet_door, content)
    assert (answer.status_code, code(answer)) == (400, "malformed"), answer.text
    assert quiet_door.entered() == 0


@pytest.mark.parametrize(("content", "where"), INVALID.values(), ids=INVALID)
def test_what_does_not_fit_is_named(quiet_door: Door, content: bytes, where: set[str]) -> None:
    """A body with flaws is a 422 that points at each of them and says what to write."""
    answer = _post(quiet_door, content)
    assert (answer.status_code, code(answer)) == (422, "invalid"), answer.text
    assert pointers(answer) == where
    assert quiet_door.entered() == 0


def test_a_misspelt_field_is_told_the_nearest(quiet_door: Door) -> None:
    """An unknown field is refused with the one that was probably meant."""
    answer = _post(quiet_door, _claim(gant="g"))
    assert "did you mean grant?" in answer.json()["errors"][0]["detail"]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_another_content_type_is_refused(quiet_door: Door, kind: str) -> None:
    """Only application/json is read."""
    answer = _post(quiet_door, _claim(), **{"content-type": kind})
    assert (answer.status_code, code(answer)) == (415, "unsupported_media_type")
    assert pointers(answer) == {"Content-Type"}
    assert quiet_door.entered() == 0


def test_a_charset_does_not_matter(sqlite_door: Door) -> None:
    """Parameters of the content type are allowed, and so is any case."""
    answer = _post(sqlite_door, _claim(), **{"content-type": "Application/JSON; charset=utf-8"})
    assert answer.status_code == 202


@pytest.mark.parametrize(
    ("path", "limit"), [("/v1/claims", 16 * 1024), ("/v1/claims/batch", 1024 * 1024)]
)
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_too_large_is_refused(
    quiet_door: Door, path: str, limit: int, *, chunked: bool
) -> None:
    """More than the limit is a 413, also when its length is not told beforehand."""
    content = b" " * (limit + 1)
    with quiet_door.caller() as caller:
        answer = caller.post(
            path,
            content=iter([content[:9], content[9:]]) if chunked else content,
            headers={"content-type": "application/json", "idempotency-key": "one"},
        )
        alive = caller.get("/livez")
    assert (answer.status_code, code(answer)) == (413, "too_large")
    assert alive.status_code == 200
    assert quiet_door.entered() == 0


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        (None, "idempotency_key_missing"),
        ("", "idempotency_key_invalid"),
        ("k" * 256, "idempotency_key_invalid"),
        ("schlüssel", "idempotency_key_invalid"),
        ('"order', "idempotency_key_invalid"),
        ('" order"', "idempotency_key_invalid"),
    ],
)
def test_a_claim_needs_a_sound_key(quiet_door: Door, key: str | None, reason: str) -> None:
    """Without an Idempotency-Key, or with one that can't be one, nothing is taken in."""
    headers = {} if key is None else {b"idempotency-key": key.encode("latin-1")}
    with quiet_door.caller() as caller:
        answer = caller.post("/v1/claims", json=body(), headers=headers)
    assert (answer.status_code, code(answer)) == (400, reason)
    assert quiet_door.entered() == 0


def test_the_longest_key_and_texts_are_taken(door: Door) -> None:
    """The limits themselves are allowed, on every store, in any script."""
    longest = "乐" * 128
    claim = body(longest, grant=longest, limit_key=longest, locale="zh-Hant-TW")
    with door.caller() as caller:
        answer = caller.post("/v1/claims", json=claim, headers={"idempotency-key": "k" * 255})
    assert answer.status_code == 202, answer.text
    assert answer.json()["user"] == longest


def test_quotes_and_braces_are_just_text(door: Door) -> None:
    """What means something to SQL, arrays or JSON is stored and told as it was sent."""
    user = """a',"b\\"{c},NULL;--"""
    with door.caller() as caller:
        answer = caller.post("/v1/claims", json=body(user), headers={"idempotency-key": user})
        again = caller.get(answer.headers["location"])
    assert answer.status_code == 202, answer.text
    assert again.json()["user"] == user


@pytest.mark.parametrize(
    "path", ["/v1/claims/clm_none", "/v1/claims/%00", "/v1/claims/clm_" + "0" * 36, "/v1/nothing"]
)
def test_what_does_not_exist_is_not_found(quiet_door: Door, path: str) -> None:
    """An id that can't be one is unknown, and so is an address."""
    with quiet_door.caller() as caller:
        answer = caller.get(path)
    assert answer.status_code == 404
    assert code(answer) in ("unknown_claim", "not_found")


def test_a_method_that_is_not_there_is_named(quiet_door: Door) -> None:
    """A 405 says which methods there are."""
    with quiet_door.caller() as caller:
        answer = caller.put("/v1/claims", json=body())
    assert (answer.status_code, code(answer)) == (405, "method_not_allowed")
    assert answer.headers["allow"] == "GET, HEAD, POST"


@pytest.mark.parametrize("wait_s", ["-1", "nan", "inf", "soon", ""])
def test_a_wait_is_a_number_of_seconds(quiet_door: Door, wait_s: str) -> None:
    """A wait that is none is refused and named."""
    with quiet_door.caller() as caller:
        answer = caller.get(f"/v1/claims/clm_{'0' * 8}-0000-7000-8000-{'0' * 12}?wait_s={wait_s}")
    assert (answer.status_code, code(answer)) == (422, "invalid")
    assert pointers(answer) == {"wait_s"}


def test_what_is_no_http_is_told_as_a_problem(quiet_door: Door) -> None:
    """Even a line of nonsense gets a problem for an answer."""
    import socket

    host, _, port = quiet_door.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as line:
        line.sendall(b"nonsense\r\n\r\n")
        said = line.makefile("rb").read()
    assert said.startswith(b"HTTP/1.1 400 ")
    assert json.loads(said.partition(b"\r\n\r\n")[2])["code"] == "malformed"
