"""Whatever an upstream has to handle can be brought about, each by the service itself."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count

import pytest

from fulfiller import client as errors
from fulfiller.client import Client, ClientError
from fulfiller.domain.key import Scope
from fulfiller.testing import Fulfiller

DAY_S = 86_400.0
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Bench:
    """A service, a campaign of this test in it, and a client with an account of its own."""

    service: Fulfiller
    campaign: str
    client: Client

    def submit(self, user: str = "li", *, campaign: str = "", key: str | None = None) -> None:
        """Submit a claim."""
        self.client.submit(campaign or self.campaign, user=user, key=key)


@pytest.fixture(scope="module")
def _service() -> Iterator[Fulfiller]:
    with Fulfiller(user_burst=2) as service:
        yield service


@pytest.fixture
def bench(_service: Fulfiller) -> Bench:
    """An open campaign, in which a user may ask twice at once."""
    name = f"festival-{next(_numbers)}"
    _service.campaign(name, waitlist_cap=1)
    return Bench(_service, name, _service.client(f"shop-of-{name}", deadline_s=0.5))


def _sold_out(bench: Bench) -> None:
    bench.service.sell_out(bench.campaign)
    bench.submit()


def _user_limit(bench: Bench) -> None:
    bench.submit()
    bench.client.submit(bench.campaign, user="li", grant="second")


def _paused(bench: Bench) -> None:
    bench.service.pause(bench.campaign, "wrong value")
    bench.submit("li")
    bench.submit("wu")


def _rate_limited(bench: Bench) -> None:
    for _ in range(3):
        bench.submit()


def _not_open_yet(bench: Bench) -> None:
    later = f"later-{bench.campaign}"
    bench.service.campaign(later, opens_in_s=DAY_S, closes_in_s=2 * DAY_S)
    bench.submit(campaign=later)


def _ended(bench: Bench) -> None:
    bench.service.end(bench.campaign)
    bench.submit()


def _key_reused(bench: Bench) -> None:
    bench.submit("li", key="order-42")
    bench.submit("wu", key="order-42")


def _unavailable(bench: Bench) -> None:
    bench.service.refuse_next(1, retry_after_s=1)
    bench.submit()


def _unknown(bench: Bench) -> None:
    bench.submit(campaign="autumn")


def _invalid(bench: Bench) -> None:
    bench.client.submit(bench.campaign, user="li", tier="p9")


def _forbidden(bench: Bench) -> None:
    key = bench.service.key("shop", [Scope.CLAIM_READ])
    with Client(bench.service.url, key) as reader:
        reader.submit(bench.campaign, user="li")


def _unauthorized(bench: Bench) -> None:
    key = bench.service.key("shop")
    with Client(bench.service.url, key) as revoked:
        revoked.submit(bench.campaign, user="li")
        bench.service.revoke(key)
        revoked.submit(bench.campaign, user="wu")


def _identity_taken(bench: Bench) -> None:
    bench.submit()
    bench.service.client("other").submit(bench.campaign, user="li")


def _not_cancellable(bench: Bench) -> None:
    claim = bench.client.submit(bench.campaign, user="li")
    bench.service.work()
    bench.client.cancel(claim.claim_id)


WAYS: dict[type[ClientError], Callable[[Bench], None]] = {
    errors.SoldOut: _sold_out,
    errors.UserLimit: _user_limit,
    errors.Paused: _paused,
    errors.RateLimited: _rate_limited,
    errors.NotOpenYet: _not_open_yet,
    errors.Ended: _ended,
    errors.KeyReused: _key_reused,
    errors.Unavailable: _unavailable,
    errors.Unknown: _unknown,
    errors.Invalid: _invalid,
    errors.Forbidden: _forbidden,
    errors.Unauthorized: _unauthorized,
    errors.IdentityTaken: _identity_taken,
    errors.NotCancellable: _not_cancellable,
}


@pytest.mark.parametrize("kind", WAYS, ids=lambda kind: kind.__name__)
def test_every_refusal_can_be_brought_about(kind: type[ClientError], bench: Bench) -> None:
    """The client raises this very error, with what the service says of it."""
    with pytest.raises(ClientError) as caught:
        WAYS[kind](bench)
    assert caught.type is kind
    assert caught.value.request_id


def test_who_was_told_to_wait_is_let_in_when_it_is_time(bench: Bench) -> None:
    """The door's limit fills up again by time that passes, and nobody waits for that."""
    with pytest.raises(errors.RateLimited) as told:
        _rate_limited(bench)
    assert told.value.policies == ("user",)
    bench.service.pass_time(told.value.retry_after_s or 0)
    bench.submit()


def test_whom_no_place_could_be_kept_for_is_told_when_to_come_back(bench: Bench) -> None:
    """The person reads why, and the program when."""
    with pytest.raises(errors.Paused) as told:
        _paused(bench)
    assert told.value.message
    assert told.value.retry_after_s
