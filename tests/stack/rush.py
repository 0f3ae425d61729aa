"""A rush of claims through the real door, and the caller's own record of every promise."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event, Thread

from fulfiller.client import AsyncClient, Claim, ClientError, NewClaim
from fulfiller.clock import monotonic

SENDERS = 24
PATIENCE_S = 40.0


@dataclass
class Record:
    """What a caller was promised, and what the promises came to."""

    promised: dict[str, float] = field(default_factory=dict)
    refused: list[ClientError] = field(default_factory=list)
    ended: dict[str, Claim] = field(default_factory=dict)

    @property
    def codes(self) -> list[str]:
        """Return the coupon codes that came back."""
        return [claim.coupon.code for claim in self.ended.values() if claim.coupon]


class Rush:
    """Claims from many senders at once, until it is told to stop; then it collects."""

    def __init__(self, url: str, key: str, campaign: str) -> None:
        """Send nothing yet."""
        self.record = Record()
        self._client: Callable[[], AsyncClient] = lambda: AsyncClient(
            url, key, deadline_s=PATIENCE_S
        )
        self._campaign = campaign
        self._over = Event()
        self._thread = Thread(target=lambda: asyncio.run(self._send_all()), name="rush")

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def stop(self) -> Record:
        """Send nothing more and return what was promised so far."""
        self._over.set()
        self._thread.join(2 * PATIENCE_S)
        return self.record

    def collect(self) -> Record:
        """Wait for every promised claim to end, and return the record."""
        asyncio.run(self._collect())
        return self.record

    async def _send_all(self) -> None:
        async with self._client() as client:
            await asyncio.gather(*(self._send(client, sender) for sender in range(SENDERS)))

    async def _send(self, client: AsyncClient, sender: int) -> None:
        number = 0
        while not self._over.is_set():
            number += 1
            try:
                claim = await client.submit(self._campaign, user=f"user-{sender}-{number}")
            except ClientError as refusal:
                self.record.refused.append(refusal)
            else:
                self.record.promised[claim.claim_id] = monotonic()

    async def _collect(self) -> None:
        async with self._client() as client:
            gate = asyncio.Semaphore(50)

            async def end(claim_id: str) -> None:
                async with gate:
                    self.record.ended[claim_id] = await client.wait(claim_id, within_s=PATIENCE_S)

            await asyncio.gather(*map(end, self.record.promised))


def claims(campaign: str, count: int) -> list[NewClaim]:
    """Return claims of as many different users."""
    return [NewClaim(campaign=campaign, user=f"batch-{number}") for number in range(count)]
