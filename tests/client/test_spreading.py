"""Spreading: a caller's own backlog goes evenly over a time, in order, and is retried as ever."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfiller.client import AsyncClient, Claim, Client, ClientError, NewClaim
from fulfiller.client.flow import Flow, Heard, Patience, Pause, submit_many
from fulfiller.client.spreading import JITTER, PARTS_PER_S
from fulfiller.clock import monotonic
from tests.client.between import between, dropped
from tests.intake.door import NAME, Door

Results = list[Claim | ClientError]


@dataclass
class Service:
    """A service by hand on a clock by hand: it takes in whatever comes, each part in its time."""

    takes_s: Sequence[float] = ()
    now: float = 1_000.0
    sent: list[tuple[float, int]] = field(default_factory=list)

    def drive(self, steps: Flow[Results]) -> Results:
        """Do what a flow asks for, and return what it ends in."""
        heard: Heard = None
        try:
            while True:
                step = steps.send(heard)
                heard = None
                if isinstance(step, Pause):
                    self.now += step.seconds
                else:
                    heard = self._answer(step.call.body or b"")
        except StopIteration as end:
            results: Results = end.value
            return results

    def _answer(self, body: bytes) -> httpx.Response:
        claims = msgspec.json.decode(body)["claims"]
        self.sent.append((self.now, len(claims)))
        self.now += dict(enumerate(self.takes_s, 1)).get(len(self.sent), 0.0)
        results = [{"status": 409, "problem": {"status": 409, "detail": c["user"]}} for c in claims]
        return httpx.Response(207, json={"results": results})


def _claims(number: int) -> list[NewClaim]:
    return [NewClaim(campaign=NAME, user=f"u{n}") for n in range(number)]


def _told(results: Results) -> list[str]:
    return [result.detail for result in results if isinstance(result, ClientError)]


def _spread(service: Service, number: int, spread_s: float, jitter: float = 0.0) -> Results:
    patience = Patience(deadline_s=30, try_s=6, now=lambda: service.now, jitter=lambda: jitter)
    return service.drive(submit_many(_claims(number), patience, spread_s))


@given(
    number=st.integers(0, 2_500),
    spread_s=st.floats(1, 300),
    jitter=st.floats(0, 1),
)
def test_in_any_span_there_is_no_more_than_its_share(
    number: int, spread_s: float, jitter: float
) -> None:
    """Whatever the size, the span and the jitter: all in order, in time, and nowhere a heap."""
    service = Service()
    results = _spread(service, number, spread_s, jitter)
    assert _told(results) == [f"u{n}" for n in range(number)]
    gone = 0
    for at, claims in service.sent:
        # A part's turn begins when what went before is due; jitter makes it later, never earlier.
        due = number * (at - 1_000) / spread_s
        assert gone - 1e-6 <= due <= gone + JITTER * claims + 1e-6
        gone += claims
    assert service.now <= 1_000 + spread_s + 1e-6
    assert len(service.sent) <= spread_s * PARTS_PER_S + 1


def test_without_a_span_nothing_waits() -> None:
    """As before: whole chunks, one behind the other."""
    service = Service()
    _spread(service, 2_500, 0.0)
    assert service.sent == [(1_000.0, 1_000), (1_000.0, 1_000), (1_000.0, 500)]


def test_a_slow_answer_is_not_made_up_for_by_a_burst() -> None:
    """What is left after a minute's standstill goes evenly over the time that is left."""
    service = Service(takes_s=[60.0])
    _spread(service, 400, 100.0)
    (_, first), *rest = service.sent
    gaps = [after - before for (before, _), (after, _) in pairwise(rest)]
    assert first == 1
    assert rest[0][0] == pytest.approx(1_060.0)
    assert min(gaps) == pytest.approx(max(gaps))
    assert service.now < 1_100.1


@pytest.mark.parametrize("span", [-1.0, float("nan"), float("inf")])
def test_a_span_is_seconds(span: float) -> None:
    """Anything else is refused by name before anything is sent."""
    with (
        Client("http://127.0.0.1:9", "ful_x_y") as client,
        pytest.raises(ValueError, match="spread_s"),
    ):
        client.submit_many(_claims(1), spread_s=span)


def test_a_real_intake_gets_a_backlog_in_parts(door: Door) -> None:
    """A second's worth in four parts over both clients; a lost request goes again."""

    async def story(url: str) -> Results:
        async with AsyncClient(url, door.key("teahouse")) as client:
            return await client.submit_many(_claims(8), spread_s=1.0)

    with between(door.url, [dropped]) as way, Client(way.url, door.key("teahouse")) as client:
        began = monotonic()
        first = client.submit_many(_claims(8), spread_s=1.0)
        took_s = monotonic() - began
        again = asyncio.run(story(way.url))
        sizes = [request.count(b'"user"') for request in way.requests]
    assert took_s >= 0.75
    assert sizes == [2] * 9
    for results in (first, again):
        assert [each.user for each in results if isinstance(each, Claim)] == [
            f"u{n}" for n in range(8)
        ]
    assert door.entered() == 8
