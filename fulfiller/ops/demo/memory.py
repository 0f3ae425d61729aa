"""The upstream's own record: every answer it was given, and whether they contradict."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from json import dumps
from pathlib import Path
from random import Random

from fulfiller.client import Claim, ClientError, Refused
from fulfiller.domain.claim import State
from fulfiller.ops.demo.reading import Tally
from fulfiller.ops.demo.traffic import Wish

SAMPLE_MAX = 40
"""Fresh claims named in each report, for measuring how long they take."""


@dataclass(frozen=True, slots=True)
class Promise:
    """A claim that was promised to become a coupon, for whom, and the wait that was told."""

    claim_id: str
    user: str
    grant: str
    key: str
    wait: tuple[float, float] | None = None


@dataclass(slots=True)
class Memory:
    """What was sent and what was answered; `broken` says which answers contradict others."""

    sent: int = 0
    accepted: set[str] = field(default_factory=set)
    repeated: int = 0
    failed: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    promises: dict[str, Promise] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    by_key: dict[str, str] = field(default_factory=dict)
    by_person: dict[tuple[str, str], str] = field(default_factory=dict)
    fresh: list[str] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    told: dict[str, str] = field(default_factory=dict)

    def hear(self, wish: Wish, answer: Claim | ClientError) -> None:
        """Keep an answer."""
        match answer:
            case Claim():
                self._hear_claim(wish, answer)
            case Refused():
                self.refused[answer.code] += 1
            case _:
                self.failed += 1
                self.faults[str(answer)] += 1

    def tally(self) -> dict[str, object]:
        """Return the counts so far."""
        return asdict(
            Tally(
                sent=self.sent,
                accepted=len(self.accepted),
                repeated=self.repeated,
                refused=dict(self.refused),
                failed=self.failed,
            )
        )

    def sample(self) -> list[str]:
        """Return some of the claims promised since the last time."""
        step = max(1, len(self.fresh) // SAMPLE_MAX)
        chosen = self.fresh[::step]
        self.fresh.clear()
        return chosen

    def some(self, count: int, random: Random) -> list[str]:
        """Return some of all promised claims."""
        count = min(count, len(self.promises))
        return random.sample(sorted(self.promises), count)  # nosec B311 # a sample, not a secret

    def agrees(self, claim: Claim) -> bool:
        """Return whether a promised claim is its user's, has a coupon, and always had that one."""
        promise = self.promises[claim.claim_id]
        same = (claim.user, claim.grant) == (promise.user, promise.grant)
        return same and claim.coupon is not None and self._code(claim)

    def write(self, file: Path) -> None:
        """Write every promise as a line of JSON."""
        lines = (dumps([p.claim_id, p.user, p.grant, p.wait]) for p in self.promises.values())
        file.write_text("".join(f"{line}\n" for line in lines), "utf-8")

    def _hear_claim(self, wish: Wish, claim: Claim) -> None:
        if claim.replayed:
            self.repeated += 1
        elif claim.claim_id in self.accepted:
            self.broken.append(f"{claim.claim_id} was accepted twice")
        else:
            self.accepted.add(claim.claim_id)
        # The answer to a repeat may well be heard before the first one's.
        if claim.claim_id not in self.promises:
            self._promise(wish, claim)
        known = (
            (self.by_key.setdefault(wish.key, claim.claim_id), "key", wish.key),
            (
                self.by_person.setdefault((wish.user, wish.grant), claim.claim_id),
                "person and grant",
                f"{wish.user} {wish.grant}",
            ),
        )
        for first, what, name in known:
            if first != claim.claim_id:
                self.broken.append(f"{what} {name} got {first}, then {claim.claim_id}")
        self._code(claim)

    def _promise(self, wish: Wish, claim: Claim) -> None:
        self.promises[claim.claim_id] = Promise(
            claim.claim_id, wish.user, wish.grant, wish.key, _wait(claim)
        )
        self.fresh.append(claim.claim_id)
        if claim.message and claim.language and claim.state is State.WAITLISTED:
            self.told.setdefault(claim.language, claim.message)

    def _code(self, claim: Claim) -> bool:
        """Return whether the claim has the coupon that was shown for it before, if any was."""
        if claim.coupon is None:
            return True
        code = self.codes.setdefault(claim.claim_id, claim.coupon.code)
        if code != claim.coupon.code:
            self.broken.append(f"{claim.claim_id} had two codes")
        return code == claim.coupon.code


def _wait(claim: Claim) -> tuple[float, float] | None:
    """Return the wait that somebody in line was told, if it had an upper end."""
    wait = claim.wait
    if claim.state is not State.WAITLISTED or wait is None or wait.high_s is None:
        return None
    return wait.low_s, wait.high_s
