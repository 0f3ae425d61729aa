"""Who asks for what, and when: the same for the same seed.

Most people are new. Some ask again with the same key, as clients do that missed an answer;
some ask again with another key, as people do who press twice; some invite friends, for each
of whom they may have another coupon; and a few want more of those than anybody may have.
"""

from dataclasses import dataclass
from random import Random

from fulfiller.ops.demo.arrival import arrivals

REPEAT, TWICE, FRIEND, GREEDY = 0.08, 0.05, 0.10, 0.02
"""Shares of all requests; the rest are new people."""
GREEDY_MIN = 30
"""Requests of greedy people at least, so that even a small day meets the limit."""
GRANTS_WANTED = 26
"""Coupons that a greedy person wants; the festival's limit is 21."""
FRIENDS_MAX = 3
RECENT = 2_000
"""How many requests back the same client or person comes again."""
LOCALES = ("zh-Hans", "en")
SOLD_AT = 0.9
"""Share of the claims that deserve a coupon for which there is one."""


@dataclass(frozen=True, slots=True)
class Wish:
    """One request: when it is due, and what it says."""

    due_s: float
    user: str
    grant: str
    key: str

    @property
    def locale(self) -> str:
        """Return the person's language, which never changes: half of them read Chinese."""
        return LOCALES[sum(self.user.encode()) % len(LOCALES)]


def wishes(total: int, *, span_s: float, seed: int) -> list[Wish]:
    """Return a day's requests in the order in which they are due."""
    crowd = _Crowd(total, seed)
    return [Wish(due_s, *crowd.next()) for due_s in arrivals(total, span_s)]


def deserving(day: list[Wish], *, per_user_limit: int) -> int:
    """Return how many of these requests would get a coupon, were there enough for all."""
    grants: dict[str, set[str]] = {}
    for wish in day:
        grants.setdefault(wish.user, set()).add(wish.grant)
    return sum(min(len(each), per_user_limit) for each in grants.values())


class _Crowd:
    """Everybody who comes, one request after the other."""

    def __init__(self, total: int, seed: int) -> None:
        self._random = Random(seed)  # nosec B311 # noqa: S311 - a play, not a secret
        self._greedy = max(GREEDY, min(0.2, GREEDY_MIN / total))
        self._seen: list[tuple[str, str, str]] = []
        self._people: list[str] = []
        self._friends: dict[str, int] = {}
        self._wanted = 0

    def next(self) -> tuple[str, str, str]:
        """Return the next request's user, grant and key."""
        asked = self._choose()
        self._seen.append(asked)
        return asked

    def _choose(self) -> tuple[str, str, str]:
        dice = self._random.random()
        if dice < self._greedy:
            return self._want()
        dice -= self._greedy
        if self._seen and dice < REPEAT:
            return self._recent()
        if self._seen and dice < REPEAT + TWICE:
            user, grant, _ = self._recent()
            return user, grant, self._key()
        if self._people and dice < REPEAT + TWICE + FRIEND:
            return self._invite()
        return self._person(), "first", self._key()

    def _recent(self) -> tuple[str, str, str]:
        back = self._random.randrange(min(RECENT, len(self._seen)))
        return self._seen[-1 - back]

    def _person(self) -> str:
        self._people.append(f"guest-{len(self._people) + 1:06}")
        return self._people[-1]

    def _invite(self) -> tuple[str, str, str]:
        user = self._people[-1 - self._random.randrange(min(RECENT, len(self._people)))]
        friend = self._friends[user] = self._friends.get(user, 0) + 1
        grant = f"friend-{friend}" if friend <= FRIENDS_MAX else "first"
        return user, grant, self._key()

    def _want(self) -> tuple[str, str, str]:
        person, friend = divmod(self._wanted, GRANTS_WANTED)
        self._wanted += 1
        return f"greedy-{person + 1}", f"friend-{friend + 1}", self._key()

    def _key(self) -> str:
        return f"{self._random.getrandbits(96):024x}"
