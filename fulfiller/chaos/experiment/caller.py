"""The caller: claims through the real door with the real client, and a record of every word."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from itertools import count
from threading import Event, Thread

from fulfiller.chaos.experiment.site import Door
from fulfiller.chaos.history import Ask, Line, Phase
from fulfiller.chaos.scenario import Load
from fulfiller.client import (
    AsyncClient,
    Claim,
    ClientError,
    NewClaim,
    Paused,
    RateLimited,
    Unavailable,
)
from fulfiller.clock import monotonic, wall_clock
from fulfiller.domain.claim import DEFAULT_GRANT

DEADLINE_S = 12.0
"""How long the client tries, all retries included."""
CONNECTIONS = 48
"""Who finds none free waits before the client's pool, which is slow when many wait in it."""
LOOKERS = 32
CHUNK = 200
"""Claims that are asked for again in one request."""
END_S = 30.0
Turn = tuple[float, int]
"""When a request is due, in seconds from the first, and how many claims it carries."""


@dataclass(slots=True)
class Call:
    """One call while it is under way."""

    number: int
    asked: Line


class Caller:
    """Sends a load from a thread of its own: the clock decides when, not the answers."""

    def __init__(self, door: Door, load: Load, *, name: str = "user", first_call: int = 1) -> None:
        """Send nothing yet; users are called by `name` and a number, calls from `first_call` on."""
        self.history: list[Line] = []
        self.tally: Counter[Phase] = Counter()
        self.promises: dict[str, str] = {}
        self.answers: list[tuple[float, float]] = []
        """When each call was due, in seconds from the first, and how many it took."""
        self.began_s = 0.0
        self.begun = Event()
        self._door = door
        self._load = load
        self._name = name
        self._numbers = count(first_call)
        self._users = count(1)
        self._unanswered: dict[str, NewClaim] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._leave = asyncio.Event()
        self._fault: BaseException | None = None
        self._thread = Thread(target=self._work, name="chaos caller", daemon=True)

    @property
    def asked(self) -> int:
        """Return how many claims were asked for so far, repeats included."""
        return self.tally[Phase.INVOKE]

    @property
    def over(self) -> bool:
        """Return whether everything was sent and answered; raise what went wrong with that."""
        if self._fault is not None:
            raise self._fault
        return self.begun.is_set() and not self._thread.is_alive()

    def start(self) -> None:
        """Begin to send, and return once that has begun."""
        self._thread.start()
        self.begun.wait(END_S)

    def stop(self) -> None:
        """Send nothing more, and wait for the answers that are under way."""
        if self._loop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._leave.set)
        self._thread.join(DEADLINE_S + END_S)

    def ask_again(self) -> None:
        """Ask again, under the same keys, whatever has had no answer: as any caller would."""
        asyncio.run(self._ask_all_again())

    def look(self, claim_ids: Sequence[str]) -> None:
        """Look at claims over HTTP, and note what is shown."""
        asyncio.run(self._look_all(claim_ids))

    def since(self) -> float:
        """Return the seconds since the first claim."""
        return monotonic() - self.began_s

    def _work(self) -> None:
        try:
            asyncio.run(self._send_all())
        except BaseException as fault:  # noqa: BLE001 - whoever asks `over` gets to know of it
            self._fault = fault
            self.begun.set()

    async def _send_all(self) -> None:
        async with self._client() as client, asyncio.TaskGroup() as tasks:
            self._loop = asyncio.get_running_loop()
            gate = asyncio.Semaphore(CONNECTIONS)
            self.began_s = monotonic()
            self.begun.set()
            for number, (due_s, size) in enumerate(turns(self._load)):
                if await self._left_before(due_s):
                    return
                claims = [self._new() for _ in range(size)]
                for _ in range(1 + is_repeated(number, self._load.again)):
                    tasks.create_task(self._send(client, gate, claims, due_s))

    def _client(self) -> AsyncClient:
        return AsyncClient(
            self._door.url, self._door.key, deadline_s=DEADLINE_S, connections_max=CONNECTIONS
        )

    def _new(self) -> NewClaim:
        user = f"{self._name}-{next(self._users)}"
        return NewClaim(campaign=self._door.campaign, user=user)

    async def _left_before(self, due_s: float) -> bool:
        """Return whether somebody said stop before something was due."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._leave.wait(), max(0.0, due_s - self.since()))
        return self._leave.is_set()

    async def _send(
        self,
        client: AsyncClient,
        gate: asyncio.Semaphore,
        claims: Sequence[NewClaim],
        due_s: float,
    ) -> None:
        async with gate:
            calls = [self._invoke(claim) for claim in claims]
            results = await _results(client, claims)
        self.answers.append((due_s, self.since() - due_s))
        for call, claim, result in zip(calls, claims, results, strict=True):
            self._heard(call, claim, result)

    def _invoke(self, claim: NewClaim) -> Call:
        body = sha256(f"{claim.campaign}\n{claim.user}".encode()).hexdigest()
        call = self._open(
            Ask.CLAIM,
            campaign=claim.campaign,
            user=claim.user,
            grant=DEFAULT_GRANT,
            key=claim.key,
            body=body,
        )
        self.tally[Phase.INVOKE] += 1
        return call

    def _heard(self, call: Call, claim: NewClaim, result: Claim | ClientError) -> None:
        phase = self._note(call, result)
        self.tally[phase] += 1
        if isinstance(result, Claim):
            self.promises[claim.key] = result.claim_id
        if phase is Phase.INFO:
            self._unanswered[claim.key] = claim

    async def _ask_all_again(self) -> None:
        claims = [claim for key, claim in self._unanswered.items() if key not in self.promises]
        async with self._client() as client:
            for start in range(0, len(claims), CHUNK):
                chunk = claims[start : start + CHUNK]
                calls = [self._invoke(claim) for claim in chunk]
                for call, claim, result in zip(
                    calls, chunk, await client.submit_many(chunk), strict=True
                ):
                    self._heard(call, claim, result)

    async def _look_all(self, claim_ids: Sequence[str]) -> None:
        gate = asyncio.Semaphore(LOOKERS)
        async with self._client() as client:

            async def look(claim_id: str) -> None:
                async with gate:
                    call = self._open(Ask.LOOK, claim_id=claim_id)
                    self._note(call, await _result(client.get(claim_id)))

            await asyncio.gather(*map(look, claim_ids))

    def _open(self, ask: Ask, **asked: str) -> Call:
        number = next(self._numbers)
        line = Line(
            call=number,
            proc=f"call-{number}",
            phase=Phase.INVOKE,
            ask=ask,
            mono=monotonic(),
            wall=wall_clock(),
            account=self._door.account,
            deadline_s=DEADLINE_S,
            **asked,  # type: ignore[arg-type]
        )
        self.history.append(line)
        return Call(number, line)

    def _note(self, call: Call, result: Claim | ClientError) -> Phase:
        told: dict[str, str | bool]
        if isinstance(result, Claim):
            phase = Phase.OK
            code = "" if result.coupon is None else result.coupon.code
            told = {"claim_id": result.claim_id, "state": result.state.value, "code": code}
            told["repeated"] = result.replayed
        else:
            phase = _phase(result)
            told = {"why": result.code}
        self.history.append(
            Line(
                call=call.number,
                proc=call.asked.proc,
                phase=phase,
                ask=call.asked.ask,
                mono=monotonic(),
                wall=wall_clock(),
                **told,  # type: ignore[arg-type]
            )
        )
        return phase


def turns(load: Load) -> Iterator[Turn]:
    """Yield when each request is due, and how many claims it carries; a burst comes at once."""
    batch = max(1, load.batch)
    burst = [(load.burst_at_s, batch)] * (load.burst // batch)
    for number in range(round(load.rate * load.seconds) // batch):
        due_s = number * batch / load.rate
        while burst and burst[0][0] <= due_s:
            yield burst.pop()
        yield due_s, batch
    yield from burst


def is_repeated(number: int, share: float) -> bool:
    """Return whether a request is one of those, evenly spread, that are sent twice at once."""
    return int((number + 1) * share) > int(number * share)


def _phase(fault: ClientError) -> Phase:
    """Return how a call ended that brought no claim: nobody can tell what became of some."""
    known = isinstance(fault, Paused | RateLimited) or not isinstance(fault, Unavailable)
    return Phase.FAIL if known else Phase.INFO


async def _results(client: AsyncClient, claims: Sequence[NewClaim]) -> list[Claim | ClientError]:
    if len(claims) > 1:
        return await client.submit_many(claims)
    (one,) = claims
    return [await _result(client.submit(one.campaign, one.user, key=one.key))]


async def _result(answer: Awaitable[Claim]) -> Claim | ClientError:
    try:
        return await answer
    except ClientError as fault:
        return fault
