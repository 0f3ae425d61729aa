"""Faults of messages: delivered again and again, late ones first, and claims that are done."""

from abc import abstractmethod
from threading import Event
from typing import Any, ClassVar, Literal

from fulfiller.broker.queue import CeleryQueue
from fulfiller.broker.topology import key
from fulfiller.chaos.fault.arena import Arena, Need
from fulfiller.chaos.fault.asking import ask_broker
from fulfiller.chaos.fault.element import QUEUES, in_hand, said, task_id, waiting
from fulfiller.chaos.fault.errand import Errand
from fulfiller.chaos.fault.fault import Fault, Wound
from fulfiller.chaos.fault.watch import Watched
from fulfiller.domain.claim import ClaimId, public_id
from fulfiller.domain.tier import Tier
from fulfiller.service.dispatch import Hint, Lane
from fulfiller.store.opening import open_store
from fulfiller.store.statement import Call, statement

EVERY_S = 0.02
"""How often queues are looked into."""
REORDER = """
local old = redis.call('LRANGE', KEYS[1], 0, -1)
if #old < 2 then return 0 end
local new = {}
for i = 1, #old do new[i] = old[#old + 1 - i] end
if ARGV[1] ~= '' then
  math.randomseed(tonumber(ARGV[1]))
  for i = #new, 2, -1 do
    local j = math.random(i)
    new[i], new[j] = new[j], new[i]
  end
end
redis.call('DEL', KEYS[1])
for i = 1, #new do redis.call('RPUSH', KEYS[1], new[i]) end
local moved = 0
for i, element in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do
  if element ~= old[i] then moved = moved + 1 end
end
return moved
"""
"""Returns how many elements stand elsewhere than before, as the list has them afterwards."""
ISSUED = statement(
    "select claim_id, tier from coupon where campaign = {campaign:text}"
    " order by issued_at desc limit {limit:int}"
)


class Duplicate(Fault, tag="duplicate", kw_only=True, frozen=True):
    """Each hint that waits or is being worked on is delivered `copies` more times.

    That goes on for `for_s`; copies are not copied again. They come next in their queue, so
    that several workers have the same claims at once.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({Need.BROKER})
    for_s: float = 3.0
    copies: int = 9

    @property
    def words(self) -> str:
        """Return what it does."""
        return f"each message is delivered {self.copies + 1} times, for {self.for_s:g} s"

    def begin(self, arena: Arena) -> Wound:
        """Begin to copy."""
        return _Copied(self, arena)


class Reorder(Fault, tag="reorder", kw_only=True, frozen=True):
    """Queues are turned round, or shuffled, again and again for `for_s`."""

    needs: ClassVar[frozenset[Need]] = frozenset({Need.BROKER})
    for_s: float = 3.0
    how: Literal["reverse", "shuffle"] = "reverse"

    @property
    def words(self) -> str:
        """Return what it does."""
        return f"the queues are {'turned round' if self.how == 'reverse' else 'shuffled'}"

    def begin(self, arena: Arena) -> Wound:
        """Begin to reorder."""
        return _Reordered(self, arena)


class Resend(Fault, tag="resend", kw_only=True, frozen=True):
    """The `claims` newest claims that have their coupon are offered `copies` more times each."""

    needs: ClassVar[frozenset[Need]] = frozenset({Need.BROKER})
    claims: int = 200
    copies: int = 2

    @property
    def words(self) -> str:
        """Return what it does."""
        return f"up to {self.claims} claims that are done are offered {self.copies} more times"

    def begin(self, arena: Arena) -> Wound:
        """Offer them."""
        return _Resent(self, arena)


class _Repeated(Watched):
    """Something that is done at once, and then every few hundredths of a second."""

    def __init__(self, arena: Arena) -> None:
        self._arena = arena
        self._done = 0
        ask_broker(arena, self.once)
        self._errand = Errand(self._go_on)

    def struck(self) -> int:
        return self._done

    def undo(self) -> None:
        self._errand.finish()

    @abstractmethod
    def once(self, client: Any) -> None: ...

    def _go_on(self, over: Event) -> None:
        while not over.wait(EVERY_S):
            ask_broker(self._arena, self.once)


class _Copied(_Repeated):
    def __init__(self, fault: Duplicate, arena: Arena) -> None:
        self._copies = fault.copies
        self._known: set[str | None] = {None}
        self._longest = 0
        super().__init__(arena)

    def once(self, client: Any) -> None:
        for queue, element in (*waiting(client), *in_hand(client)):
            if (number := task_id(element)) not in self._known:
                self._known.add(number)
                length = client.rpush(key(queue), *[element] * self._copies)
                self._longest = max(self._longest, length)
                self._done += self._copies

    def look(self) -> str | None:
        # The length is the broker's own answer.
        if self._longest < self._copies or not self._done:
            return None
        originals = len(self._known) - 1
        return f"{originals} messages got {self._done} copies, a queue was {self._longest} long"


class _Reordered(_Repeated):
    def __init__(self, fault: Reorder, arena: Arena) -> None:
        self._how = fault.how
        self._moved = 0
        super().__init__(arena)

    def once(self, client: Any) -> None:
        for queue in QUEUES:
            seed = "" if self._how == "reverse" else str(self._done + 1)
            moved = int(client.eval(REORDER, 1, key(queue), seed))
            self._moved += moved
            self._done += moved > 0

    def look(self) -> str | None:
        if not self._moved:
            return None
        return f"{self._moved} messages stood elsewhere than before"


class _Resent(Watched):
    def __init__(self, fault: Resend, arena: Arena) -> None:
        self._arena = arena
        done = _issued(arena, fault.claims)
        self._ids = [public_id(claim_id).encode() for claim_id, _ in done]
        hints = [Hint(Lane(arena.campaign, tier), (claim_id,)) for claim_id, tier in done]
        queue = CeleryQueue(arena.broker_url)
        self._sent = sum(len(hints) for _ in range(fault.copies) if queue.publish(hints))
        queue.close()

    def struck(self) -> int:
        return self._sent

    def look(self) -> str | None:
        if not self._sent:
            return None
        left = ask_broker(self._arena, self._left)
        return f"{self._sent} hints of claims that were done were worked off" if left == 0 else None

    def _left(self, client: Any) -> int:
        told = b"".join(said(element) for _, element in (*waiting(client), *in_hand(client)))
        return sum(claim_id in told for claim_id in self._ids)


def _issued(arena: Arena, limit: int) -> list[tuple[ClaimId, Tier]]:
    store = open_store(arena.store_url, application="chaos")
    try:
        call = Call(ISSUED, {"campaign": arena.campaign, "limit": limit})
        (found,) = store.link.read((call,))
    finally:
        store.close()
    return [(ClaimId(str(claim_id)), Tier(int(str(tier)))) for claim_id, tier in found]
