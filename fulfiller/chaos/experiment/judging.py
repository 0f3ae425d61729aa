"""Judging: what the promises came to, and every invariant, by the caller's record and the books."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from operator import itemgetter
from threading import Event

from fulfiller.chaos.books import Books
from fulfiller.chaos.checker import check
from fulfiller.chaos.experiment.caller import Caller
from fulfiller.chaos.experiment.site import Site
from fulfiller.chaos.history import Line, Phase
from fulfiller.chaos.outcome import Count
from fulfiller.chaos.reading import books_of
from fulfiller.chaos.report import Limits, Report
from fulfiller.chaos.scenario import Asked
from fulfiller.chaos.testimony import bare
from fulfiller.clock import monotonic
from fulfiller.domain.claim import CLAIM_PREFIX, ClaimId, State
from fulfiller.domain.error import StoreError

READ_S, AGAIN_S = 20.0, 1.0
LATE_S = 3.0
"""The caller shares its processors with everything that it knocks at."""
SETTLE_MIN_S = 60.0


@dataclass(frozen=True, slots=True)
class Speed:
    """How long the door took, retries of the client included: median, 99th percentile, worst.

    `steady_ms` is the 99th percentile without the worst second: a machine stands still for once,
    and what hangs does so for longer.
    """

    p50_ms: float
    p99_ms: float
    worst_s: float
    steady_ms: float


def speed_of(callers: Sequence[Caller]) -> Speed:
    """Return how long the door took for its answers; nothing for no answers."""
    answers = [answer for each in callers for answer in each.answers] or [(0.0, 0.0)]
    took_s = [took_s for _, took_s in answers]
    worst = int(max(answers, key=itemgetter(1))[0])
    steady_s = [took_s for due_s, took_s in answers if int(due_s) != worst] or took_s
    return Speed(
        p50_ms=_share(took_s, 0.5) * 1e3,
        p99_ms=_share(took_s, 0.99) * 1e3,
        worst_s=max(took_s),
        steady_ms=_share(steady_s, 0.99) * 1e3,
    )


def _share(took_s: Sequence[float], share: float) -> float:
    return sorted(took_s)[int(share * (len(took_s) - 1))]


def unmet(asked: Asked, count: Count, speed: Speed, settled_s: float | None) -> list[str]:
    """Return what was asked for beyond the invariants and did not come, each in a line."""
    found = []
    if settled_s is None or settled_s > asked.settle_s:
        when = "never" if settled_s is None else f"after {settled_s:.0f} s"
        found.append(f"all had come to its end {when}, {asked.settle_s:g} s were asked")
    if asked.p99_ms is not None and speed.steady_ms > asked.p99_ms:
        took = f"{speed.steady_ms:,.0f} ms (p99 without the worst second)"
        found.append(f"the door took {took}, {asked.p99_ms:g} were asked")
    if count.parked != asked.parked:
        found.append(f"{count.parked} claims are parked, not {asked.parked}")
    if count.lost or count.doubled:
        found.append(f"{len(count.lost)} promises lost, {len(count.doubled)} claims doubled")
    return found


def count_of(callers: Sequence[Caller], books: Books) -> Count:
    """Return what became of everything that was promised."""
    promised = {bare(claim_id) for each in callers for claim_id in each.promises.values()}
    tally: Counter[Phase] = sum((each.tally for each in callers), Counter())
    states = _states(books)
    ends = Counter(states.get(claim_id) for claim_id in promised)
    lost = sorted(c for c in promised if states.get(c) in (None, State.ACCEPTED, State.WAITLISTED))
    return Count(
        asked=tally[Phase.INVOKE],
        promised=len(promised),
        refused=tally[Phase.FAIL],
        unanswered=tally[Phase.INFO],
        issued=ends[State.ISSUED],
        declined=ends[State.DECLINED],
        parked=ends[State.PARKED],
        cancelled=ends[State.CANCELLED],
        lost=_named(lost),
        doubled=_named(_doubled(books)),
    )


def read_books(site: Site) -> Books:
    """Return the books of a site, read again for a while if its store can't be reached.

    Of a store that others use, too, only what is about the site's campaign.
    """
    until_s, never = monotonic() + READ_S, Event()
    keys = {site.code_key.id: site.code_key}
    while True:
        try:
            with closing(site.open_truth()) as store:
                books = books_of(store, keys=keys, captured=site.captured())  # type: ignore[arg-type]
        except StoreError:
            if monotonic() > until_s:
                raise
            never.wait(AGAIN_S)
        else:
            return of_campaign(books, site.door.campaign) if site.shared else books


def judged(history: Iterable[Line], books: Books, settle_s: float) -> Report:
    """Judge a history by the books, as exactly as callers on a busy machine can be judged."""
    return check(history, books, Limits(late_s=LATE_S, settle_s=max(SETTLE_MIN_S, settle_s)))


def of_campaign(books: Books, campaign: str) -> Books:
    """Return the part of a shared store's books that is about one campaign, without its chain.

    Seals run through all campaigns; that they are whole is for `fulfiller verify` to say.
    """
    ids = {claim.id for claim in books.claims if claim.campaign == campaign}
    kept = [n for n, event in enumerate(books.events) if event.campaign in (campaign, "")]
    part = {
        "campaigns": {k: v for k, v in books.campaigns.items() if k == campaign},
        "modes": {k: v for k, v in books.modes.items() if k in (campaign, "")},
        "stripes": [each for each in books.stripes if each.key.campaign == campaign],
        "events": [books.events[n] for n in kept],
        "places": [books.places[n] for n in kept],
        "seals": (),
        "claims": [each for each in books.claims if each.id in ids],
        "opened": [each for each in books.opened if each.id in ids],
        "coupons": [each for each in books.coupons if each.claim_id in ids],
        "outcomes": [each for each in books.outcomes if each.claim_id in ids],
        "bindings": [each for each in books.bindings if each.claim_id in ids],
        "acts": [each for each in books.acts if each.claim_id in ids],
    }
    return replace(books, **part)  # type: ignore[arg-type]


def _states(books: Books) -> dict[ClaimId, State]:
    states = {row.id: State(row.stage) for row in books.opened}
    states |= {each.claim_id: State(each.ending) for each in books.outcomes}
    return states | {each.claim_id: State.ISSUED for each in books.coupons}


def _doubled(books: Books) -> list[ClaimId]:
    """Return the claims that have more than one coupon, or whose user has more than allowed."""
    claims = {claim.id: claim for claim in books.claims}
    times = Counter(coupon.claim_id for coupon in books.coupons)
    twice = {claim_id for claim_id, number in times.items() if number > 1}
    people = Counter((claims[c].campaign, claims[c].user) for c in times if c in claims)
    for claim_id in times:
        claim = claims.get(claim_id)
        if claim is None:
            twice.add(claim_id)
            continue
        terms = books.campaigns.get(claim.campaign)
        if terms is not None and people[claim.campaign, claim.user] > terms.per_user_limit:
            twice.add(claim_id)
    return sorted(twice)


def _named(ids: Collection[ClaimId]) -> Sequence[str]:
    return [f"{CLAIM_PREFIX}{claim_id}" for claim_id in ids]
