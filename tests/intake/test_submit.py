"""Submitting claims over HTTP: what is kept, what is repeated, what is refused."""

from fulfiller.domain.campaign import Publication
from tests.intake.door import HOUR, NAME, Door, body, code, pointers, submit

FAR = 4_000_000_000_000_000
"""In the year 2096."""


def test_a_claim_is_kept_and_told(door: Door) -> None:
    """A 202 carries the claim, its place to look at, and nothing that is not known yet."""
    with door.caller() as caller:
        kept = submit(caller, "one", body(tier="p1", locale="zh-Hans-CN", grant="friend-7"))
    claim = kept.json()
    assert kept.status_code == 202, kept.text
    assert kept.headers["location"] == f"/v1/claims/{claim['claim_id']}"
    assert claim["claim_id"].startswith("clm_")
    assert (claim["campaign"], claim["user"], claim["grant"]) == (NAME, "li", "friend-7")
    assert (claim["tier"], claim["state"]) == ("p1", "accepted")
    assert claim["accepted_at"].endswith("Z")
    assert claim["poll_after_s"] > 0
    unknown = ("position", "wait", "coupon", "message", "language")
    assert [claim[name] for name in unknown] == [None] * 5
    assert door.entered() == 1


def test_a_repeat_tells_the_claim_as_it_is_now(door: Door) -> None:
    """The same key gives 200, says that it is a repeat, and shows the coupon issued since."""
    with door.caller() as caller:
        first = submit(caller, "one").json()
        door.issue(first)
        again = submit(caller, "one")
    assert (again.status_code, again.headers["idempotency-replayed"]) == (200, "true")
    claim = again.json()
    assert (claim["claim_id"], claim["state"]) == (first["claim_id"], "issued")
    assert claim["poll_after_s"] is None
    assert claim["coupon"]["value"] == {"amount": 2500, "currency": "CNY"}
    assert len(claim["coupon"]["code"].split("-")) == 4
    assert claim["coupon"]["valid_until"].endswith("Z")
    assert door.entered() == 1


def test_a_key_is_the_same_quoted_and_bare(door: Door) -> None:
    """Both ways to write the header name one key, escapes included."""
    with door.caller() as caller:
        bare = submit(caller, 'o"n\\e').json()
        quoted = submit(caller, '"o\\"n\\\\e"')
    assert quoted.status_code == 200
    assert quoted.json()["claim_id"] == bare["claim_id"]


def test_the_same_identity_under_a_new_key_is_the_same_claim(door: Door) -> None:
    """Another key for the same user and grant repeats the claim, and is bound to it, too."""
    with door.caller() as caller:
        first = submit(caller, "one").json()
        second = submit(caller, "two")
        reused = submit(caller, "two", body("somebody else"))
    assert second.status_code == 200
    assert second.json()["claim_id"] == first["claim_id"]
    assert code(reused) == "key_reused"


def test_a_key_reused_with_another_body_is_refused(door: Door) -> None:
    """A key stands for one request; the problem names the header."""
    with door.caller() as caller:
        submit(caller, "one")
        reused = submit(caller, "one", body("wang"))
    assert (reused.status_code, code(reused)) == (422, "key_reused")
    assert pointers(reused) == {"Idempotency-Key"}
    assert door.entered() == 1


def test_another_accounts_user_is_refused_without_a_trace(door: Door) -> None:
    """Who claimed through another account is told neither the claim's id nor its state."""
    with door.caller("teahouse") as first, door.caller("noodles") as second:
        claim = submit(first, "one").json()
        taken = submit(second, "one")
    assert (taken.status_code, code(taken)) == (409, "identity_taken")
    assert claim["claim_id"] not in taken.text
    assert "accepted" not in taken.text.replace("not accepted", "")
    assert door.entered() == 1


def test_a_user_has_so_many_coupons_and_no_more(door: Door) -> None:
    """A second grant of a user is refused where the campaign allows one coupon each."""
    with door.caller() as caller:
        submit(caller, "one")
        more = submit(caller, "two", body(grant="friend-1"))
    assert (more.status_code, code(more)) == (409, "user_limit")
    assert door.entered() == 1


def test_the_last_coupon_is_followed_by_sold_out(door: Door) -> None:
    """Everybody up to the last coupon is kept, the next one is refused, nothing is overspent."""
    door.campaign("tiny", budget=5_000)
    with door.caller() as caller:
        answers = [submit(caller, f"k{n}", body(f"u{n}", "tiny")) for n in range(4)]
    assert [answer.status_code for answer in answers] == [202, 202, 409, 409]
    assert code(answers[2]) == "sold_out"
    assert door.entered("tiny") == 2


CLOSED: dict[str, tuple[dict[str, object], int, str]] = {
    "early": ({"opens_at": FAR, "closes_at": FAR + HOUR}, 409, "not_open_yet"),
    "late": ({"opens_at": 0, "closes_at": HOUR}, 410, "ended"),
    "ended": ({"publication": Publication.ENDED}, 410, "ended"),
    "draft": ({"publication": Publication.DRAFT}, 404, "unknown_campaign"),
}


def test_a_campaign_that_is_not_open_takes_nothing_in(door: Door) -> None:
    """Too early, too late, ended by its owner and unknown are told apart; nothing is stored."""
    for name, (terms, _, _) in CLOSED.items():
        door.campaign(name, **terms)
    with door.caller() as caller:
        for name, (_, status, reason) in CLOSED.items():
            refused = submit(caller, "one", body(campaign=name))
            assert (refused.status_code, code(refused)) == (status, reason)
            assert refused.json().get("opens_at") == (
                "2096-10-02T07:06:40Z" if name == "early" else None
            )
            assert door.entered(name) == 0
        later = submit(caller, "one")
    assert later.status_code == 202, "a refused request must not bind its key"


def test_a_cancelled_claim_frees_identity_and_money(door: Door) -> None:
    """After a cancel the same user claims anew and gets another claim."""
    with door.caller() as caller:
        first = submit(caller, "one").json()
        cancelled = caller.delete(f"/v1/claims/{first['claim_id']}")
        again = submit(caller, "two")
    assert (cancelled.status_code, cancelled.json()["state"]) == (200, "cancelled")
    assert again.status_code == 202
    assert again.json()["claim_id"] != first["claim_id"]


def test_a_request_id_is_passed_on_or_made(door: Door) -> None:
    """The caller's request id comes back; an unusable one is replaced."""
    with door.caller() as caller:
        given = caller.get("/v1/claims/clm_none", headers={"x-request-id": "trace-7"})
        made = caller.get("/livez", headers={"x-request-id": "a b"})
    assert given.headers["x-request-id"] == given.json()["request_id"] == "trace-7"
    assert made.headers["x-request-id"] not in ("", "a b")
