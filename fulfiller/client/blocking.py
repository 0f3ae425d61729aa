"""The blocking client: sends what the flows ask for, and sleeps where they pause."""

from collections.abc import Iterable, Iterator
from threading import Event
from types import TracebackType
from typing import Self, TypeVar

import httpx

from fulfiller.client import flow
from fulfiller.client.error import ClientError
from fulfiller.client.pressing import TTL_S, NewReport, PressureNow, PressureState
from fulfiller.client.rating import NewRate, RateNow
from fulfiller.client.result import Claim, CouponNow, NewClaim, Outcome
from fulfiller.client.scaling import Scale

T = TypeVar("T")


class Client:
    """Fulfiller over HTTP; threads may share one. Use it as a context, or close it."""

    def __init__(
        self,
        url: str,
        key: str,
        *,
        deadline_s: float = 30.0,
        try_s: float = 6.0,
        connections_max: int = 100,
        trust_env: bool = True,
    ) -> None:
        """Take the service's address and an API key; nothing is sent yet.

        `deadline_s` bounds a call with all its retries, `try_s` each try. Without `trust_env` no
        proxy that the environment names is asked.
        """
        self._patience = flow.Patience(deadline_s=deadline_s, try_s=try_s)
        self._http = httpx.Client(
            base_url=url,
            headers={"authorization": f"Bearer {key}"},
            limits=flow.limits(connections_max),
            trust_env=trust_env,
        )

    def submit(  # noqa: PLR0913 - a claim has that many fields
        self,
        campaign: str,
        user: str,
        *,
        grant: str | None = None,
        tier: str | None = None,
        locale: str | None = None,
        limit_key: str | None = None,
        key: str | None = None,
    ) -> Claim:
        """Submit a claim and return it; from then on it can't be lost.

        `key` is the idempotency key; without it a fresh one is made for this call.
        """
        fields = {"key": key} if key else {}
        claim = NewClaim(
            campaign=campaign,
            user=user,
            grant=grant,
            tier=tier,
            locale=locale,
            limit_key=limit_key,
            **fields,
        )
        return self._drive(flow.submit(claim, self._patience))

    def submit_many(
        self, claims: Iterable[NewClaim], *, spread_s: float = 0.0
    ) -> list[Claim | ClientError]:
        """Submit claims in chunks of 1,000 and return a result for each, in order.

        With `spread_s` they go evenly over so many seconds, in small parts: for a backlog of
        your own that nobody is in a hurry for. Each part is tried again as a chunk is.
        """
        steps = flow.submit_many(tuple(claims), self._patience, spread_s)
        return self._drive(steps)

    def get(self, claim_id: str) -> Claim:
        """Return a claim as it is now."""
        return self._drive(flow.get(claim_id, self._patience))

    def find(self, key: str) -> Claim:
        """Return the claim that was submitted with this key; raise Unknown if there is none."""
        return self._drive(flow.find(key, self._patience))

    def wait(self, claim_id: str, *, within_s: float = 60.0) -> Claim:
        """Return a claim once it is done, or as it is when the time is over: look at `.done`."""
        return self._drive(flow.wait(claim_id, self._patience, within_s))

    def cancel(self, claim_id: str) -> Claim:
        """Cancel a claim that is waitlisted or accepted, and return it."""
        return self._drive(flow.cancel(claim_id, self._patience))

    def events(self, after: int = 0, *, follow: bool = True) -> Iterator[Outcome]:
        """Yield how the account's claims ended, behind a number, in an order that never changes.

        With `follow` it goes on for ever and waits for more; without, it ends at the present.
        """
        while (page := self._drive(flow.outcomes(after, self._patience, follow=follow))).outcomes:
            yield from page.outcomes
            after = page.after

    def coupon(self, code: str) -> CouponNow:
        """Return a coupon as it is now, if it is of the account's claims or campaigns."""
        return self._drive(flow.coupon(code, self._patience))

    def redeem(self, code: str, *, key: str) -> CouponNow:
        """Redeem a coupon of the account's campaigns, once; `key` names the checkout."""
        return self._drive(flow.handle(code, "redeem", key, self._patience))

    def roll_back(self, code: str, *, key: str) -> CouponNow:
        """Take back what was redeemed under this key."""
        return self._drive(flow.handle(code, "rollback", key, self._patience))

    def report_pressure(
        self,
        campaign: str,
        pressure: PressureState,
        *,
        reason: str,
        limit_key: str | None = None,
        ttl_s: int = TTL_S,
    ) -> PressureNow:
        """Say that a campaign's merchant, or all behind it, is full or slow, for a while.

        "none" takes it back. Falling silent does too, once `ttl_s` seconds are over.
        """
        report = NewReport(pressure=pressure, reason=reason, limit_key=limit_key, ttl_s=ttl_s)
        return self._drive(flow.report_pressure(campaign, report, self._patience))

    def set_rate(self, campaign: str, rate: str | None, *, reason: str) -> RateNow:
        """Set how much a campaign issues at most, such as "500/s"; None for no limit."""
        new = NewRate(rate=rate, reason=reason)
        return self._drive(flow.set_rate(campaign, None, new, self._patience))

    def set_limit(self, campaign: str, limit_key: str, rate: str | None, *, reason: str) -> RateNow:
        """Set how much is issued at most to claims with a limit_key; None for no limit."""
        new = NewRate(rate=rate, reason=reason)
        return self._drive(flow.set_rate(campaign, limit_key, new, self._patience))

    def scale(self, *, max_workers: int | None = None) -> Scale:
        """Return what there is to do, and how many worker slots that takes: 1 to `max_workers`."""
        return self._drive(flow.scale(max_workers, self._patience))

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    def __enter__(self) -> Self:
        """Return the client itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close all connections."""
        self.close()

    def _drive(self, steps: flow.Flow[T]) -> T:
        heard: flow.Heard = None
        try:
            while True:
                step = steps.send(heard)
                heard = self._send(step) if isinstance(step, flow.Send) else _pause(step)
        except StopIteration as end:
            result: T = end.value
            return result

    def _send(self, step: flow.Send) -> flow.Heard:
        call = step.call
        try:
            return self._http.request(
                call.method,
                call.path,
                content=call.body,
                headers=call.headers,
                timeout=step.timeout_s,
            )
        except httpx.TransportError as fault:
            return fault


def _pause(step: flow.Pause) -> flow.Heard:
    Event().wait(step.seconds)
    return None
