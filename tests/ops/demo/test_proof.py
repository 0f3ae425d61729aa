"""The proof must fail whenever one of its three witnesses tells another story."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from fulfiller.clock import new_claim_id
from fulfiller.domain.claim import ClaimId, Request, public_id
from fulfiller.domain.code import CodeKey
from fulfiller.domain.outcome import Accepted
from fulfiller.ops.demo import festival
from fulfiller.ops.demo.outcome import Outcome
from fulfiller.ops.demo.proof import Evidence, proof
from fulfiller.ops.demo.reading import Tally
from fulfiller.service.accept import accept
from fulfiller.service.decide import Round
from fulfiller.service.issue import Press, issue
from fulfiller.store.opening import open_store
from fulfiller.wiring import Truth

PEOPLE = 5
Change = Callable[[Evidence], Evidence]


@pytest.fixture
def store(sqlite_url: str) -> Iterator[Truth]:
    """Yield a store of this test's own."""
    opened = open_store(sqlite_url)
    yield opened
    opened.close()


@pytest.fixture
def evidence(store: Truth, sqlite_url: str, tmp_path: Path) -> Evidence:
    """Return what a faultless day with five people leaves behind."""
    campaign = festival.open_campaign(festival.NAME, coupons=PEOPLE, store=store)
    ids = [promised(store, f"guest-{number}") for number in range(PEOPLE)]
    now = store.now()
    issue(ids, Press(store=store, key=CodeKey.derive(1, b"0" * 32), now=lambda: now))
    record = tmp_path / "promises"
    lines = [json.dumps([public_id(i), f"guest-{n}", "first", [0, 60]]) for n, i in enumerate(ids)]
    record.write_text("\n".join(lines))
    return Evidence(
        campaign=campaign,
        outcome=Outcome(tally=Tally(sent=PEOPLE, accepted=PEOPLE), recovered_s=3.0, drained=True),
        record=record,
        checked={"asked": PEOPLE, "agreed": PEOPLE},
        store_url=sqlite_url,
    )


def promised(store: Truth, user: str) -> ClaimId:
    """Return a claim that was taken in for a user."""
    request = Request(
        account=festival.CALLER,
        campaign=festival.NAME,
        user=user,
        grant="first",
        key=user,
        fingerprint=b"f" * 16,
    )
    now = store.now()
    circumstances = Round(now=now, new_id=lambda: new_claim_id(now))
    (answer,) = accept((request,), store=store, circumstances=circumstances)
    assert isinstance(answer, Accepted)
    return answer.claim.id


def test_a_faultless_day_is_proven(evidence: Evidence, store: Truth) -> None:
    """Every line holds, and the first accounts for every claim."""
    lines = proof(evidence, store)
    assert [line.law for line in lines if not line.ok] == []
    assert lines[0].detail.startswith("5 entered = 5 issued + 0 declined + 0 cancelled")


def _lose(evidence: Evidence) -> Evidence:
    """Let the upstream remember a promise that the store knows nothing of."""
    lost = json.dumps(["clm_00000000-0000-7000-8000-000000000000", "nobody", "first", None])
    evidence.record.write_text(f"{evidence.record.read_text()}\n{lost}")
    return evidence


def _swap(evidence: Evidence) -> Evidence:
    """Let a claim belong to somebody else than the one it was promised to."""
    evidence.record.write_text(evidence.record.read_text().replace("guest-1", "guest-x"))
    return evidence


def _promise_less(evidence: Evidence) -> Evidence:
    """Let people in line have been told a wait that was not kept."""
    evidence.record.write_text(evidence.record.read_text().replace("[0, 60]", "[9, 60]"))
    return evidence


def _forget(evidence: Evidence) -> Evidence:
    """Let the store hold a coupon that nobody was promised."""
    lines = evidence.record.read_text().splitlines()
    evidence.record.write_text("\n".join(lines[1:]))
    return evidence


def _outcome(**changes: object) -> Change:
    return lambda evidence: replace(evidence, outcome=replace(evidence.outcome, **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("spoil", "law", "words"),
    [
        (_lose, "nobody's promise is lost", "1 lost"),
        (_swap, "nobody's promise is lost", "1 lost"),
        (_forget, "nobody's promise is lost", "4 promised, 5 coupons"),
        (_promise_less, "who waited was told how long", "0 of 5 waits as told (0%, 80% asked)"),
        (_outcome(broken=["key k got a, then b"]), "who asks again", "key k got a, then b"),
        (_outcome(tally=Tally(sent=9, accepted=5)), "every request has its answer", "9 sent"),
        (_outcome(tally=Tally(sent=6, accepted=5, failed=1)), "every request", "1 failed"),
        (_outcome(recovered_s=None), "a killed worker's claims", "not seen"),
        (_outcome(recovered_s=15.1), "a killed worker's claims", "15.1 s after the kill"),
        (lambda e: replace(e, checked={"asked": 5, "agreed": 4}), "the API shows", "4 with"),
        (lambda e: replace(e, campaign=replace(e.campaign, budget=2_500)), "no money", "100.00"),
    ],
)
def test_whoever_contradicts_is_found(
    evidence: Evidence, store: Truth, spoil: Change, law: str, words: str
) -> None:
    """Exactly the line that was spoiled is broken, and says by what."""
    broken = [line for line in proof(spoil(evidence), store) if not line.ok]
    assert len(broken) == 1
    assert broken[0].law.startswith(law)
    assert words in broken[0].detail


def test_an_open_claim_is_not_accounted_for(store: Truth, evidence: Evidence) -> None:
    """After the draining nothing may be left open; verify agrees that the books balance."""
    bigger = festival.open_campaign("another", coupons=2, store=store)
    request = Request(
        account=festival.CALLER,
        campaign=bigger.id,
        user="li",
        key="another",
        fingerprint=b"f" * 16,
    )
    now = store.now()
    circumstances = Round(now=now, new_id=lambda: new_claim_id(now))
    accept((request,), store=store, circumstances=circumstances)
    lines = {line.law: line for line in proof(replace(evidence, campaign=bigger), store)}
    assert not lines["every claim is accounted for"].ok
    assert "1 accepted, still open" in lines["every claim is accounted for"].detail
    assert lines["`fulfiller verify` agrees"].ok
