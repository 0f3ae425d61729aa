"""Corruptions of the log: its seals, what it says, rates, pauses, and moves of modes."""

from dataclasses import replace
from functools import partial

from fulfiller.domain.breaker import Mode
from fulfiller.domain.event import Event, Kind
from fulfiller.domain.validity import SECOND
from fulfiller.domain.verdict import Verdict, read, written
from fulfiller.service.log import Seal
from tests.chaos.spoiling import Case, Spoiled, spoils

LOG: dict[str, Spoiled] = {}
_spoils = partial(spoils, LOG)


@_spoils("S9")
def _an_event_was_altered(case: Case) -> None:
    events = list(case.books.events)
    events[20] = replace(events[20], actor="somebody else")
    case.set(events=events)


@_spoils("S9")
def _a_seal_is_missing(case: Case) -> None:
    seals = list(case.books.seals)
    case.set(seals=[*seals[:30], *seals[31:]])


@_spoils("S9")
def _a_digest_was_altered(case: Case) -> None:
    seals = list(case.books.seals)
    seals[-1] = Seal(seals[-1].number, seals[-1].position, b"another")
    case.set(seals=seals)


@_spoils("S9")
def _seals_are_out_of_order(case: Case) -> None:
    places = list(case.books.places)
    places[10], places[11] = places[11], places[10]
    case.set(places=places)


@_spoils("S9")
def _an_event_was_skipped_by_the_seals(case: Case) -> None:
    places = list(case.books.places)
    places[-1] = (0, 0)
    case.set(places=places)


@_spoils("S9")
def _an_event_is_gone(case: Case) -> None:
    case.unlog(case.event(Kind.CLAIM_ISSUED, "wang"))


@_spoils("S9")
def _a_claim_entered_twice(case: Case) -> None:
    number = case.event(Kind.CLAIM_ACCEPTED, "wang")
    case.insert(number, case.books.events[number])


@_spoils("S9")
def _a_claim_ended_twice(case: Case) -> None:
    number = case.event(Kind.CLAIM_ISSUED, "wang")
    case.insert(number, case.books.events[number])


@_spoils("S9")
def _a_claim_was_replayed_that_was_not_parked(case: Case) -> None:
    number = case.event(Kind.CLAIM_REPLAYED, "wang")
    case.insert(number, case.books.events[number])


@_spoils("S9")
def _a_claim_was_issued_out_of_the_waitlist(case: Case) -> None:
    case.unlog(case.event(Kind.CLAIM_ADMITTED, "waits 0"))


@_spoils("S9")
def _a_parked_claim_is_not_parked_by_the_log(case: Case) -> None:
    number = case.event(Kind.CLAIM_REPLAYED, "wang")
    event = case.books.events[number]
    case.rewrite(number, ids=(*event.ids, case.names["zhou"]), amount=2 * event.amount)


@_spoils("S9")
def _an_event_moves_another_amount(case: Case) -> None:
    case.rewrite(case.event(Kind.CLAIM_ACCEPTED, "wang"), amount=1)


@_spoils("S9")
def _an_event_is_of_another_campaign(case: Case) -> None:
    case.rewrite(case.event(Kind.CLAIM_ACCEPTED, "wang"), campaign="held")


@_spoils("S9")
def _a_claim_came_at_another_time(case: Case) -> None:
    number = case.event(Kind.CLAIM_ACCEPTED, "wang")
    case.rewrite(number, at=case.books.events[number].at + 1)


@_spoils("S9")
def _a_coupon_was_moved_without_an_event(case: Case) -> None:
    case.unlog(case.event(Kind.COUPON_RESERVED, "redeemed"))


@_spoils("S9")
def _a_coupon_was_moved_without_a_key(case: Case) -> None:
    case.drop("acts", lambda act: act.claim_id == case.names["rolled back"])
    case.forget("redeem too soon")
    case.forget("roll back")


@_spoils("S9")
def _a_scope_is_held_without_an_event(case: Case) -> None:
    case.mode("rush", held=True)


@_spoils("S9")
def _a_promise_was_taken_back(case: Case) -> None:
    floor = case.books.campaigns["festival"].floor
    assert floor is not None
    case.terms("festival", floor=floor - 1)


@_spoils("S9")
def _a_campaign_was_born_with_another_budget(case: Case) -> None:
    case.rewrite(case.event(Kind.CAMPAIGN_CREATED), amount=1)


@_spoils("S12")
def _a_campaign_issues_faster_than_its_rate(case: Case) -> None:
    _all_at_once(case, [f"steady {number}" for number in range(8)])


@_spoils("S12")
def _a_merchant_is_served_faster_than_its_rate(case: Case) -> None:
    _all_at_once(case, [f"paced {number}" for number in range(8, 16)])


@_spoils("S12")
def _the_service_issues_faster_than_its_rate(case: Case) -> None:
    slow = _changed(case, "*", "100/s: no more is possible", after=case.event(Kind.CLAIM_ACCEPTED))
    case.rewrite(slow, detail="1/h: no more is possible")


@_spoils("S13")
def _somebody_is_accepted_while_paused(case: Case) -> None:
    number = case.event(Kind.MODE_PAUSED, campaign="festival")
    _swap(case, number - 1, number)


@_spoils("S13")
def _somebody_is_admitted_while_paused(case: Case) -> None:
    number = case.event(Kind.CLAIM_ADMITTED, "waits 0")
    _swap(case, number - 1, number)


@_spoils("S13")
def _somebody_is_admitted_while_the_service_is_paused(case: Case) -> None:
    number = case.event(Kind.CLAIM_ADMITTED, "during the move")
    _swap(case, number - 1, number)


@_spoils("S13")
def _somebody_is_accepted_long_after_a_pause(case: Case) -> None:
    """As a database tells it, by the dates alone."""
    case.set(in_commit_order=False)
    number = case.event(Kind.MODE_PAUSED, campaign="festival")
    case.rewrite(number, at=case.books.events[number].at - 10 * SECOND)


@_spoils("L3")
def _a_campaign_is_still_paused_in_the_end(case: Case) -> None:
    ramping = _last(case, "festival", Kind.MODE_RAMPING)
    before = read(case.books.events[ramping].detail).before
    case.mode("festival", mode=Mode.PAUSED, breaker=before)
    case.unlog(ramping, _last(case, "festival", Kind.MODE_FLOWING))


@_spoils("L3")
def _a_campaign_is_still_ramping_in_the_end(case: Case) -> None:
    flowing = _last(case, "rush", Kind.MODE_FLOWING)
    before = read(case.books.events[flowing].detail).before
    case.mode("rush", mode=Mode.RAMPING, breaker=before)
    case.unlog(flowing)


@_spoils("L3", "L4")
def _a_pause_ends_without_a_ramp(case: Case) -> None:
    ramping = _last(case, "rush", Kind.MODE_RAMPING)
    verdict = read(case.books.events[ramping].detail)
    flowing = replace(verdict.after, mode=Mode.FLOWING)
    _judged(case, ramping, replace(verdict, after=flowing), kind=Kind.MODE_FLOWING)


@_spoils("L4")
def _a_pause_ends_before_its_hold(case: Case) -> None:
    ramping = _last(case, "rush", Kind.MODE_RAMPING)
    verdict = read(case.books.events[ramping].detail)
    longer = replace(verdict.before, until=verdict.before.until + 100 * SECOND)
    _judged(case, ramping, replace(verdict, before=longer))


@_spoils("L4")
def _a_mode_flaps(case: Case) -> None:
    """Each move may well be right in itself, but there are six within a minute."""
    number = _last(case, "rush", Kind.MODE_FLOWING)
    event = case.books.events[number]
    paused, ramping = (
        case.books.events[case.event(kind, campaign="rush")]
        for kind in (Kind.MODE_PAUSED, Kind.MODE_RAMPING)
    )
    more = [replace(each, at=event.at) for each in (paused, ramping, event)]
    events = list(case.books.events)
    case.log([*events[: number + 1], *more, *events[number + 1 :]])


@_spoils("L4")
def _a_verdict_was_altered(case: Case) -> None:
    number = case.event(Kind.MODE_PAUSED, campaign="rush")
    verdict = read(case.books.events[number].detail)
    _judged(case, number, replace(verdict, reading=replace(verdict.reading, backlog=1)))


@_spoils("L4")
def _a_move_by_itself_has_no_verdict(case: Case) -> None:
    case.rewrite(_last(case, "rush", Kind.MODE_FLOWING), detail="because")


@_spoils("L4")
def _a_move_does_not_follow_the_one_before(case: Case) -> None:
    number = case.event(Kind.MODE_RAMPING, campaign="rush")
    verdict = read(case.books.events[number].detail)
    before, after = replace(verdict.before, signals=()), replace(verdict.after, signals=())
    _judged(case, number, replace(verdict, before=before, after=after))


def _judged(case: Case, number: int, verdict: Verdict, kind: Kind | None = None) -> None:
    old = case.books.events[number]
    case.rewrite(number, detail=written(verdict), kind=kind or old.kind)


def _last(case: Case, campaign: str, kind: Kind) -> int:
    mine = (e.kind is kind and e.campaign == campaign for e in case.books.events)
    return [number for number, meant in enumerate(mine) if meant][-1]


def _swap(case: Case, first: int, second: int) -> None:
    events = list(case.books.events)
    events[first], events[second] = events[second], events[first]
    case.log(events)


def _changed(case: Case, scope: str, detail: str, *, after: int) -> int:
    """Let a rate have been set behind an event; return where that stands."""
    at = case.books.events[after].at
    event = Event(at=at, campaign=scope, kind=Kind.RATE_CHANGED, actor="operator:li", detail=detail)
    case.insert(after + 1, event)
    return after + 1


def _all_at_once(case: Case, names: list[str]) -> None:
    """Let coupons have been issued at the moment of the last one."""
    ids = {case.names[name] for name in names}
    mine = [e for e in case.books.events if e.kind is Kind.CLAIM_ISSUED and ids & set(e.ids)]
    at = max(event.at for event in mine)
    case.edit("coupons", lambda coupon: coupon.claim_id in ids, issued_at=at)
    case.log(replace(e, at=at) if e in mine else e for e in case.books.events)
