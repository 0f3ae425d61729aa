"""Submitting claims over HTTP: what is kept, what is repeated, what is refused."""


from tests.intake.door import NAME, Door, body, submit


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
