"""Log lines of single claims: what ties a request to its claim, and what they never say."""

import logging

import pytest

from fulfiller.clock import monotonic
from fulfiller.domain.claim import State
from fulfiller.domain.validity import moment
from fulfiller.intake.exchange import Asked
from fulfiller.ops.sampling import END
from fulfiller.ops.trail import Trail, caller_of
from fulfiller.service.view import PublicClaim
from tests.intake.door import NAME, body, submit
from tests.intake.trailing import trailed

CALLER = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = f"00-{CALLER}-00f067aa0ba902b7-01"


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what was said of claims."""
    return [each.getMessage() for each in caplog.records if each.name == "fulfiller.claims"]


def test_a_line_ties_a_request_to_its_claim(
    sqlite_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """By the caller's request id and trace, or by an id of ours; a repeat is tied, too."""
    caplog.set_level(logging.INFO)
    with trailed(sqlite_url, Trail(20)) as door, door.caller() as caller:
        known = {"idempotency-key": "canary-key", "traceparent": TRACEPARENT}
        one = caller.post(
            "/v1/claims", json=body("canary"), headers=known | {"x-request-id": "r-1"}
        )
        again = caller.post("/v1/claims", json=body("canary"), headers=known)
    claim_id, fresh = one.json()["claim_id"], again.headers["x-request-id"]
    assert one.headers["x-request-id"] == "r-1"
    where = f"claim_id={claim_id} campaign={NAME} tier=p2"
    assert lines(caplog) == [
        f"claim.accepted {where} request_id=r-1 caller_trace_id={CALLER}",
        f"claim.repeated {where} request_id={fresh} caller_trace_id={CALLER}",
    ]
    assert "canary" not in caplog.text


def test_a_batch_has_one_id_for_all_its_claims(
    sqlite_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Those that are refused have no line, for there is no claim."""
    caplog.set_level(logging.INFO)
    sent = [body(f"u{n}") | {"idempotency_key": f"k{n}"} for n in range(3)]
    with trailed(sqlite_url, Trail(20)) as door, door.caller() as caller:
        submit(caller, "k1", body("u1"))
        batch = {"claims": [*sent, body("u9", campaign="nowhere") | {"idempotency_key": "k9"}]}
        answer = caller.post("/v1/claims/batch", json=batch, headers={"x-request-id": "r-7"})
    results = [each.get("claim", {}).get("claim_id") for each in answer.json()["results"]]
    said = [line.split() for line in lines(caplog) if "request_id=r-7" in line]
    assert sorted((line[0], line[1].removeprefix("claim_id=")) for line in said) == sorted(
        [
            ("claim.accepted", results[0]),
            ("claim.repeated", results[1]),
            ("claim.accepted", results[2]),
        ]
    )


class Untouched(dict[bytes, bytes]):
    """Headers that nobody may look at."""

    def get(self, *_: object) -> bytes:
        """Fail."""
        raise AssertionError("nothing is said of this claim")


def test_headers_are_looked_at_only_for_claims_that_are_spoken_of(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What is left out costs neither a look nor a line, and is counted in the end."""
    caplog.set_level(logging.INFO)
    trail = Trail(2)
    for number in range(100):
        shown = PublicClaim(
            claim_id=f"clm_{number:08x}-0000-7000-8000-00000000{'f' * END}",
            campaign=NAME,
            user="canary",
            grant="default",
            tier="p2",
            state=State.ACCEPTED,
            accepted_at=moment(0),
        )
        headers = {} if number < 2 else Untouched()
        asked = Asked("/v1/claims", b"", headers, f"r-{number}")
        trail.entered((shown,), asked, monotonic(), repeated=False)
    trail.close()
    assert [line.split()[0] for line in lines(caplog)] == [
        *["claim.accepted"] * 2,
        "lines.left_out",
    ]
    assert lines(caplog)[-1] == "lines.left_out step=entered n=98 of=100"


@pytest.mark.parametrize(
    "said",
    [
        None,
        b"",
        b"nonsense",
        TRACEPARENT.upper().encode(),
        TRACEPARENT.encode() + b"\nmore",
        TRACEPARENT.replace("00-", "ff-", 1).encode(),
        f"00-{'0' * 32}-00f067aa0ba902b7-01".encode(),
        f"00-{CALLER}-{'0' * 16}-01".encode(),
    ],
)
def test_a_trace_context_that_is_none_is_left_alone(said: bytes | None) -> None:
    """Anybody may write anything into a header, and a log shows none of it."""
    assert caller_of(said) is None
    assert caller_of(TRACEPARENT.encode()) == (CALLER, "00f067aa0ba902b7", 1)


def test_no_lines_are_written_where_none_are_wanted(caplog: pytest.LogCaptureFixture) -> None:
    """Neither with 0 a second nor above level info does anybody take the trouble."""
    caplog.set_level(logging.INFO)
    assert Trail(20).on
    assert not Trail(0).on
    caplog.set_level(logging.WARNING, logger="fulfiller.claims")
    assert not Trail(20).on
