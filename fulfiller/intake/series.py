"""The series that Prometheus gets: every name, unit and label, said once.

Totals and gauges of claims and money are the service's and the same at every intake; what
begins with `fulfiller_intake` is this process's own.
"""

from collections.abc import Iterator
from importlib.metadata import version

from prometheus_client.core import HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from fulfiller.domain.breaker import Mode
from fulfiller.domain.stripe import Count, counted
from fulfiller.domain.tier import Tier
from fulfiller.domain.waits import BOUNDS_S
from fulfiller.intake.families import Labels, Values, counter, gauge, one_label, plain
from fulfiller.intake.gauges import Books, Queues
from fulfiller.intake.promises import promises
from fulfiller.intake.purses import purses
from fulfiller.intake.tally import Spread, Tally
from fulfiller.intake.vitals import vitals

TOTALS = (Count.ENTERED, Count.ISSUED, Count.DECLINED, Count.CANCELLED)
OPEN = (Count.WAITLISTED, Count.ACCEPTED, Count.PARKED)


class Series(Collector):
    """Turns the latest reading, and what this process counted, into series."""

    def __init__(self, tally: Tally) -> None:
        """Have no reading yet."""
        self.books: Books | None = None
        self.queues: Queues | None = None
        self._tally = tally

    def collect(self) -> Iterator[Metric]:
        """Yield every series; what nobody answers for is left out."""
        yield gauge("build_info", "The version that runs.", ("version",), [(_version(), 1)])
        yield plain("store_up", "Whether the store answers.", self.books is not None)
        yield plain("broker_up", "Whether the broker answers.", self.queues is not None)
        if self.books is not None:
            yield from _of_claims(self.books)
            yield from _of_service(self.books)
            yield from purses(self.books.survey.campaigns, self.books.stripes)
            yield from promises(self.books.survey)
            yield from vitals(self.books.survey)
        if self.queues is not None:
            yield from _of_queues(self.queues)
        yield from _of_intake(self._tally)


def _of_claims(books: Books) -> Iterator[Metric]:
    names = ("campaign", "tier", "state")
    about = "Claims so far; `entered` is the sum of the other states and of the open claims."
    yield counter("claims", about, names, _counts(books, TOTALS))
    about = "Claims that wait: for a place, for a worker (the backlog), or for an operator."
    yield gauge("open_claims", about, names, _counts(books, OPEN))
    about = "How long the first claim of a campaign and tier has been ready to be issued."
    ages = [((lane.campaign, str(lane.tier)), age) for lane, age in books.oldest_s.items()]
    yield gauge("oldest_ready_age_seconds", about, ("campaign", "tier"), ages)


def _counts(books: Books, counts: tuple[Count, ...]) -> Values:
    """Yield the counts of the tiers that anybody ever came in by."""
    for campaign, stripes in books.stripes.items():
        for tier in Tier:
            if counted(stripes, Count.ENTERED, tier):
                for count in counts:
                    yield (campaign, str(tier), str(count)), counted(stripes, count, tier)


def _of_service(books: Books) -> Iterator[Metric]:
    modes = books.survey.modes.values()
    about = "1 for the mode that a campaign is in; the scope `*` is the whole service."
    now = [((row.scope, str(mode)), float(row.mode is mode)) for row in modes for mode in Mode]
    yield gauge("mode", about, ("scope", "mode"), now)
    about = "Whether issuing is stopped; the scope `*` is the whole service."
    yield gauge("held", about, ("scope",), [((row.scope,), float(row.held)) for row in modes])
    about = "Whether a keeper leads; without one nothing is released, swept or sealed."
    yield plain("keeper_leading", about, books.leading)
    about = "Workers that said within the last 10 s that they are at work."
    yield plain("workers", about, len(books.workers))
    slots = sum(books.workers.values())
    yield plain("worker_slots", "Tasks that the workers run at once.", slots)


def _of_queues(queues: Queues) -> Iterator[Metric]:
    about = "Messages that wait in a queue of the broker."
    yield gauge("queue_messages", about, ("queue",), one_label(queues.lengths))
    about = "Messages that no worker could run, by what is wrong with them."
    yield counter("quarantined", about, ("flaw",), one_label(queues.quarantined))
    about = "Claims that came in through Celery, by what became of them."
    yield counter("submitted", about, ("outcome",), one_label(queues.submitted))
    yield _waits(queues)


def _waits(queues: Queues) -> Metric:
    about = "From being taken in to the coupon, as workers counted; some stand for several."
    seconds = HistogramMetricFamily("fulfiller_claim_wait_seconds", about, labels=("tier",))
    for tier, waits in queues.waits.items():
        spread = Spread(BOUNDS_S)
        spread.counts, spread.sum = list(waits.counts), waits.sum_ms / 1_000
        _add(seconds, (str(tier),), spread)
    return seconds


def _of_intake(tally: Tally) -> Iterator[Metric]:
    about = "Requests that this intake answered."
    requests = [((route, str(status)), n) for (route, status), n in dict(tally.requests).items()]
    yield counter("intake_requests", about, ("route", "status"), requests)
    about = "Requests, or claims of a batch, that this intake refused."
    yield counter("intake_refused", about, ("code",), one_label(dict(tally.refused)))
    about = (
        "Claims, or requests of an address, refused by a door limit; each limit that was used up."
    )
    yield counter("door_refused", about, ("policy",), one_label(dict(tally.limited)))
    if tally.limits_shared is not None:
        about = "Whether door limits are kept with the other intakes; 0 is by this one alone."
        yield plain("door_limits_shared", about, tally.limits_shared)
    about = "How long an answer took; `show_claim` contains the waiting that was asked for."
    name = "fulfiller_intake_request_duration_seconds"
    seconds = HistogramMetricFamily(name, about, labels=("route",))
    for route, spread in tally.seconds.items():
        if any(spread.counts):
            _add(seconds, (route,), spread)
    yield seconds
    about = "Claims that this intake committed together."
    groups = HistogramMetricFamily("fulfiller_intake_group_claims", about, labels=())
    _add(groups, (), tally.groups)
    yield groups


def _add(family: HistogramMetricFamily, labels: Labels, spread: Spread) -> None:
    family.add_metric(labels, spread.below(), spread.sum)


def _version() -> Labels:
    return (version("fulfiller"),)
