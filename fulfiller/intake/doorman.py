"""The doorman: how often accounts, users and addresses may come, decided here and at once.

Nobody is asked for it, so that it costs a claim some microseconds and no trip to anywhere; what
other intakes let in is learned behind the scenes (`intake.sharing`). A claim counts for its
account and for its user there, a request for its address. A repeat of an idempotency key counts
too, or it would be the way around the limit; looking at a claim does not, so that whoever is
refused can always see what was kept. Claims that come in through Celery are not limited here.

`RateLimit` and `RateLimit-Policy` are those of draft-ietf-httpapi-ratelimit-headers-10: the
quota of a policy is its burst, and its window is the time in which the rate gives that burst.
"""

from collections.abc import Sequence
from ipaddress import IPv6Address, ip_network

from fulfiller.domain.bucket import SECOND
from fulfiller.domain.claim import Request
from fulfiller.intake.buckets import Buckets, Look
from fulfiller.intake.exchange import Asked, Handler, Receive, Reply
from fulfiller.intake.parts import IntakeParts
from fulfiller.intake.problem import Problem, limited

POLICY, STANDING = b"ratelimit-policy", b"ratelimit"
NETWORK_BITS = 64
"""What one caller has of IPv6 addresses at least."""


class Doorman:
    """Lets in or refuses, and says what is left; used on the event loop alone."""

    def __init__(self, parts: IntakeParts) -> None:
        """Know nobody yet."""
        limits = parts.door
        self._monotonic = parts.monotonic
        self._tally = parts.tally
        account, user, self._address = (
            None
            if bucket is None
            else Buckets(name, bucket, key=limits.key, kept_max=limits.kept_max)
            for name, bucket in (
                ("account", limits.account),
                ("user", limits.user),
                ("address", limits.address),
            )
        )
        self._account, self._user = account, user
        self._of_claims = tuple(each for each in (account, user) if each is not None)
        self._policies = b", ".join(each.policy for each in self._of_claims)
        self.buckets = tuple(each for each in (account, user, self._address) if each is not None)

    def admit(self, account: str, user: str, asked: Asked) -> None:
        """Let a claim in, or raise the problem of a limit that is used up."""
        if not self._of_claims:
            return
        now = self._now()
        looks = self._looks(account, user, now)
        refused = self._decided(looks, now)
        asked.fields.append((POLICY, self._policies))
        asked.fields.append((STANDING, _standing(looks, now, refused)))
        if refused is not None:
            raise refused

    def admit_each(
        self, account: str, read: Sequence[Request | Problem], asked: Asked
    ) -> list[Request | Problem]:
        """Let in as many claims of a batch as may come, and put problems in the place of others."""
        if not self._of_claims:
            return list(read)
        now = self._now()
        decided = [
            each
            if isinstance(each, Problem)
            else self._decided(self._looks(account, each.user, now), now) or each
            for each in read
        ]
        asked.fields.append((POLICY, self._policies))
        if self._account is not None:
            # What each of the users has left is no matter of the whole answer.
            whose = self._account.whose(account)
            asked.fields.append((STANDING, self._account.standing(self._account.tat(whose), now)))
        return decided

    def by_address(self, handler: Handler) -> Handler:
        """Return the handler, with every request to it counted for the address it comes from."""
        buckets = self._address
        if buckets is None:
            return handler

        async def handle(asked: Asked, receive: Receive) -> Reply:
            now = self._now()
            look = buckets.look(buckets.whose(network_of(asked.address)), now)
            refused = self._decided((look,), now)
            asked.fields.append((POLICY, buckets.policy))
            asked.fields.append((STANDING, _standing((look,), now, refused)))
            if refused is not None:
                raise refused
            return await handler(asked, receive)

        return handle

    def _looks(self, account: str, user: str, now: int) -> list[Look]:
        looks = []
        if self._account is not None:
            looks.append(self._account.look(self._account.whose(account), now))
        if self._user is not None:
            looks.append(self._user.look(self._user.whose(f"{account}\0{user}"), now))
        return looks

    def _decided(self, looks: Sequence[Look], now: int) -> Problem | None:
        """Charge every bucket if none is empty; else charge none, and return the problem."""
        for look in looks:
            if look[3] is None:
                return self._refused(looks, now)
        for buckets, whose, _, later in looks:
            buckets.let_in(whose, later or 0)
        return None

    def _refused(self, looks: Sequence[Look], now: int) -> Problem:
        empty = [(buckets, tat) for buckets, _, tat, later in looks if later is None]
        names = tuple(buckets.name for buckets, _ in empty)
        self._tally.limited.update(names)
        wait = max(buckets.bucket.standing(tat, now)[1] for buckets, tat in empty)
        return limited(names, -(-wait // SECOND))

    def _now(self) -> int:
        return int(self._monotonic() * SECOND)


def network_of(address: str) -> str:
    """Return whom an address stands for: itself, or its network if one caller has many."""
    if ":" not in address:
        return address
    try:
        mapped = IPv6Address(address).ipv4_mapped
        return str(mapped or ip_network(f"{address}/{NETWORK_BITS}", strict=False))
    except ValueError:
        # What a proxy passed on is whatever it is, and still always the same.
        return address


def _standing(looks: Sequence[Look], now: int, refused: Problem | None) -> bytes:
    """Return what is left after the decision; after a refusal, of the limits that refused."""
    if refused is None:
        return b", ".join([buckets.standing(later or 0, now) for buckets, _, _, later in looks])
    empty = [(buckets, tat) for buckets, _, tat, later in looks if later is None]
    return b", ".join([buckets.standing(tat, now) for buckets, tat in empty])
