"""The in-memory Fulfiller: intake, worker and keeper in one process, with knobs for tests."""

from collections.abc import Callable, Collection
from contextlib import ExitStack
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from fulfiller.client import AsyncClient, Client
from fulfiller.domain.claim import CLAIM_PREFIX, ClaimId
from fulfiller.domain.eligibility import Eligibility
from fulfiller.domain.key import Scope
from fulfiller.domain.mode import SERVICE
from fulfiller.domain.validity import micros, moment
from fulfiller.service import move, steer
from fulfiller.service.create import create
from fulfiller.service.steer import Act, Steered
from fulfiller.service.view import PublicClaim, PublicCoupon
from fulfiller.testing import crowd
from fulfiller.testing.keys import UPSTREAM, Bound
from fulfiller.testing.parts import Whole, whole
from fulfiller.testing.rules import Who
from fulfiller.testing.shelf import shown
from fulfiller.testing.terms import DAY_S, campaign_of, described
from fulfiller.testing.unasked import Unasked

ACTOR = "test"
SECOND = 1_000_000
DIRECT: dict[str, Any] = {"trust_env": False}
"""A developer's proxy knows nothing of what listens in a test."""
Steer = Callable[..., Steered]


class Fulfiller:
    """A whole service for the tests of upstream teams; use it as a context, or start and close it.

    Claims are taken in by themselves, and issued when a test says `work()`; or at once with
    `auto`. The keeper's round is done at each knob. Nothing of the environment is read, nothing
    is written, and any number of them may run side by side.
    """

    def __init__(
        self,
        *,
        auto: bool = False,
        at: datetime | None = None,
        eligibility: Eligibility | None = None,
        user_rate: str | None = "5/s",
        user_burst: int = 20,
    ) -> None:
        """Begin at an instant, or now; a user may claim as often as with the settings' defaults.

        `eligibility` is a hook as workers take it; `user_rate` None is no limit at the door.
        """
        began_at = None if at is None else micros(at)
        limit = None if user_rate is None else (user_rate, user_burst)
        self._whole: Whole = whole(began_at, eligibility, limit)
        self._unasked = Unasked(self._whole.crew) if auto else None
        self._open = ExitStack()

    def start(self) -> Self:
        """Listen on a free port of loopback."""
        self._whole.door.start()
        self._open.callback(self._whole.door.stop)
        if self._unasked is not None:
            self._whole.shelf.ring = self._unasked.ring
            self._unasked.start()
            self._open.callback(self._unasked.stop)
        return self

    def close(self) -> None:
        """End: no thread, port or connection of a `client()` is left."""
        self._open.close()

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End."""
        self.close()

    # For callers

    @property
    def url(self) -> str:
        """Return the address, for clients in any language."""
        if not self._whole.door.url:
            raise RuntimeError("it does not listen: use it as a context, or call start()")
        return self._whole.door.url

    @property
    def now(self) -> datetime:
        """Return the service's time."""
        return moment(self._whole.shelf.now())

    def key(
        self,
        account: str,
        scopes: Collection[Scope | str] = UPSTREAM,
        *,
        bound: Bound | None = None,
        lasts_s: float | None = None,
    ) -> str:
        """Return a fresh API key of an account, with all that an upstream may do, or less.

        `bound` is the campaign, and maybe the limit key, that it may report pressure and set
        limits for; else these are good for campaigns of the account's own.
        """
        return self._whole.keys.new(account, [Scope(each) for each in scopes], bound, lasts_s)

    def revoke(self, key: str) -> None:
        """Revoke a key; it opens nothing from now on."""
        self._whole.keys.revoke(key)

    def client(self, account: str, **options: Any) -> Client:
        """Return a blocking client with a fresh key; it is closed with the service.

        `options` are the client's, such as `deadline_s`.
        """
        stated = DIRECT | options
        return self._open.enter_context(Client(self.url, self.key(account), **stated))

    def async_client(self, account: str, **options: Any) -> AsyncClient:
        """Return an async client with a fresh key, to be used as a context."""
        stated = DIRECT | options
        return AsyncClient(self.url, self.key(account), **stated)

    # Campaigns

    def campaign(
        self,
        name: str,
        *,
        coupons: int = 1_000,
        value: int = 2_500,
        per_user: int = 1,
        opens_in_s: float = 0.0,
        closes_in_s: float = DAY_S,
        **terms: object,
    ) -> None:
        """Create a campaign; `value` is in minor units, `terms` are those of a campaign's TOML."""
        now, store = self._whole.shelf.now(), self._whole.shelf
        window_s = (opens_in_s, closes_in_s)
        usual = described(name, coupons=coupons, value=value, window_s=window_s, now=now)
        new = campaign_of({**usual, "per_user_limit": per_user}, terms)
        store.add_account(new.owner, at=now)
        if not create(new, store=store, now=now, actor=ACTOR):
            raise ValueError(f"there is a campaign {name} already")

    def pause(self, campaign: str | None = None, reason: str = "a test", **ends: float) -> None:
        """Pause a campaign, or all of them; with `lasts_s` until then, and then it ramps up."""
        self._steer(steer.pause, campaign, self._act(reason, **ends))

    def resume(
        self, campaign: str | None = None, reason: str = "a test", *, ramp: bool = False
    ) -> None:
        """End a pause: it flows at once, and judges itself from then on.

        With `ramp` as operators do it: people are let in ever faster for a minute, by time that
        passes.
        """
        if ramp:
            self._steer(steer.let_go, campaign, self._act(reason))
        else:
            self._steer(steer.let_flow, campaign, self._act(reason, lasts_s=0.0))

    def hold(self, campaign: str | None = None, reason: str = "a test", **ends: float) -> None:
        """Stop issuing, for a campaign or for all; with `lasts_s` until then."""
        self._steer(steer.hold, campaign, self._act(reason, **ends))

    def unhold(self, campaign: str | None = None, reason: str = "a test") -> None:
        """Let issuing go on."""
        self._steer(steer.unhold, campaign, self._act(reason))

    def sell_out(self, campaign: str) -> None:
        """Let others take all that is left; their claims and coupons are not shown here."""
        taken = crowd.take_all(campaign, self._whole.shelf)
        self._whole.crew.issue_unasked(taken)
        self._settle()

    def end(self, campaign: str) -> None:
        """Let time pass until a campaign has closed; nobody can end one sooner."""
        found = self._whole.shelf.campaign(campaign)
        if found is None:
            raise LookupError(f"there is no campaign {campaign}")
        self.pass_time(max(0, found.closes_at - self._whole.shelf.now()) / SECOND)

    def pass_time(self, seconds: float) -> None:
        """Let it be later, for windows, validity, holds, ramps, rates, door limits and keys.

        Long polls, deadlines and pauses of clients are of real time all the same.
        """
        self._whole.clock.pass_time(seconds)
        self._settle()

    # Claims

    def work(self) -> int:
        """Issue what is accepted until nothing is left; return how many coupons that made."""
        issued = self._whole.crew.work()
        self._whole.door.look()
        return issued

    def decline(self, who: Who, reason: str) -> None:
        """Let eligibility say no to a user, or to whoever `who` is true of, from now on."""
        self._whole.rules.decline(who, reason)

    def park(self, claim_id: str, reason: str = "a test") -> None:
        """Set an accepted claim aside, as one that fails alone five times is."""
        store = self._whole.shelf
        done = move.park((_bare(claim_id),), reason, store=store, now=store.now(), actor=ACTOR)
        self._moved(done, f"{claim_id} is not accepted, so it can't be parked")

    def replay(self, claim_id: str) -> None:
        """Let a parked claim be issued after all."""
        store = self._whole.shelf
        done = move.replay((_bare(claim_id),), store=store, now=store.now(), actor=ACTOR)
        self._moved(done, f"{claim_id} is not parked, so it can't be replayed")

    def refuse_next(self, number: int = 1, *, retry_after_s: int = 0, done: bool = False) -> None:
        """Answer the next requests below /v1 with 503; with `done` after having done them.

        This alone is played, at the edge: all other answers are the service's own. It asks for
        no wait, where the service asks for a second, lest tests take as long.
        """
        self._whole.door.app.refuse_next(number, retry_after_s=retry_after_s, done=done)

    def claims(self, campaign: str) -> list[PublicClaim]:
        """Return a campaign's claims as they are now, first come first."""
        return shown(campaign, self._whole.shelf, self._whole.code_key, without=crowd.ACCOUNT)

    def coupons(self, campaign: str) -> list[PublicCoupon]:
        """Return a campaign's coupons as they are now."""
        return [claim.coupon for claim in self.claims(campaign) if claim.coupon is not None]

    def _act(self, reason: str, *, lasts_s: float | None = None) -> Act:
        now = self._whole.shelf.now()
        until = None if lasts_s is None else now + int(lasts_s * SECOND)
        return Act(reason=reason, actor=f"operator:{ACTOR}", now=now, until=until)

    def _steer(self, deed: Steer, campaign: str | None, act: Act) -> None:
        if deed(campaign or SERVICE, act, store=self._whole.shelf).row is None:
            raise LookupError(f"there is no campaign {campaign}")
        self._settle()

    def _moved(self, done: Collection[ClaimId], flaw: str) -> None:
        if not done:
            raise ValueError(flaw)
        self._settle()

    def _settle(self) -> None:
        """Do what follows at once: the keeper's round, or with `auto` the workers' share, too."""
        if self._unasked is None:
            self._whole.crew.keep()
        else:
            self._whole.crew.work()
        self._whole.door.look()


def _bare(claim_id: str) -> ClaimId:
    return ClaimId(claim_id.removeprefix(CLAIM_PREFIX))
