"""An upstream service: it claims, repeats itself, looks, cancels and redeems, and notes it all.

One call at a time. A call that nobody answered is made again under the same key until somebody
does: that is what callers are told to do, and what makes an unknown outcome harmless.
"""

from collections.abc import Callable

from fulfiller.chaos.history import Ask, Phase
from fulfiller.domain.act import Verb
from fulfiller.domain.claim import Request
from fulfiller.domain.code import CODE_SYMBOLS, lookup
from fulfiller.domain.tier import Tier
from fulfiller.service.move import cancel
from fulfiller.service.port import ClaimView
from fulfiller.service.redeem import Order, handle
from fulfiller.sim.fault import Fault
from fulfiller.sim.intake import Bundle, Errand, Intake, Told
from fulfiller.sim.loop import SECOND
from fulfiller.sim.plan import OWNER, Plan
from fulfiller.sim.role import Role
from fulfiller.sim.wish import Known, code_of, note, note_ended, note_handled, seen, signed
from fulfiller.sim.world import CODES, Call, World
from fulfiller.store.memory import MemoryStore

DEADLINE = SECOND
AGAIN = (20_000, 300_000)
TILLS = 0.75
"""The part of wishes that concern coupons, where a seed has an eye on them."""
RECENT = 8
"""Coupons that are brought to tills at a time: so few that two meet over one."""
BODY_SYMBOLS = CODE_SYMBOLS - 2
ACCOUNTS = ("shop", "shop", "shop", "rival")
WISHES = (
    ("fresh", 40), ("batch", 10), ("again", 8), ("rekeyed", 5), ("misused", 4), ("foreign", 4),
    ("cancel", 8), ("look", 5), ("redeem", 30),
)  # fmt: skip


class Upstream(Role):
    """A caller who wants one thing after the other."""

    def __init__(self, world: World, name: str, plan: Plan, intakes: list[Intake]) -> None:
        """Call any of these intakes."""
        super().__init__(world, name)
        self.plan = plan
        self.intakes = intakes
        self.left = plan.wishes
        self.done = False
        self._known: list[Known] = []
        self._numbers = 0

    def begin(self) -> None:
        """Begin to wish; callers are not killed, for nobody would know what they know."""
        self.world.spawn(self.process, self._wish)

    def _wish(self) -> None:
        kinds, weights = zip(*WISHES, strict=True)
        wishes = {name: getattr(self, f"_{name}") for name in kinds}
        while self.left > 0:
            self.left -= 1
            self.world.loop.sleep(self.world.dice.randrange(self.plan.think + 1))
            at_tills = self.world.focus[1] == "handle" and self.world.dice.random() < TILLS
            wishes["redeem" if at_tills else self.world.dice.choices(kinds, weights)[0]]()
        for known in self._known:
            self._see(known)
        self.done = True

    # What is wished for

    def _fresh(self) -> None:
        self._claim(self._new())

    def _batch(self) -> None:
        """Several at once, of which some repeat each other: one group decides them all."""
        many = [self._new() for _ in range(self.world.dice.randint(2, 6))]
        twins = [Known(known.request) for known in many if self.world.dice.random() < 0.3]
        self._together([*many, *twins])

    def _again(self) -> None:
        if known := self._any():
            self._claim(known)

    def _rekeyed(self) -> None:
        """The same person under another key."""
        if known := self._any():
            self._claim(Known(self._request(known.request, key=self._key())))

    def _misused(self) -> None:
        """Another body under the same key."""
        if known := self._any():
            user = f"u{self.world.dice.randrange(self.plan.people)}x"
            self._claim(Known(self._request(known.request, user=user)))

    def _foreign(self) -> None:
        """The same person, claimed for by another account."""
        if known := self._any():
            account = "rival" if known.request.account == "shop" else "shop"
            self._claim(Known(self._request(known.request, account=account, key=self._key())))

    def _cancel(self) -> None:
        known = self._any()
        if known is None or known.claim_id is None:
            return
        claim_id, account = known.claim_id, known.request.account
        call = self.world.call(Ask.CANCEL, account=account, claim_id=claim_id)
        errand = self._errand(
            call,
            lambda store, now: cancel(
                claim_id, store=store, now=now, account=account, actor=f"account:{account}"
            ),
        )
        if errand is not None:
            note_ended(call, claim_id, ended=bool(errand.done[0]))

    def _look(self) -> None:
        if known := self._any():
            self._see(known)

    def _redeem(self) -> None:
        """Reserve, redeem, roll back or revoke a coupon, as its campaign's owner."""
        known = self._any()
        if known is not None and known.code is None:
            self._see(known)
        if not self.world.secrets.coupons:
            return
        dice = self.world.dice
        claim_id, code = dice.choice(self.world.secrets.coupons[-RECENT:])
        verb = dice.choice(tuple(Verb))
        key = f"till {claim_id} {dice.randrange(2)}"
        order = Order(
            verb=verb, lookup=lookup(code[:BODY_SYMBOLS], CODES), account=OWNER, key=key,
            actor=OWNER, reason="simulated", hold_s=5,
        )  # fmt: skip
        call = self.world.call(
            Ask.HANDLE, account=OWNER, claim_id=claim_id, key=key, verb=verb.value, code=code
        )
        errand = self._errand(call, lambda store, now: handle(order, store=store, now=now))
        if errand is not None:
            note_handled(call, claim_id, errand.done[0])

    # How it is asked for

    def _claim(self, known: Known) -> None:
        """Claim until somebody answers."""
        while not self._asked([known]):
            self.world.loop.sleep(self.world.dice.randrange(*AGAIN))
        if known not in self._known:
            self._known.append(known)
        if self.world.focus[1] == "handle":
            self._see(known)

    def _together(self, many: list[Known]) -> None:
        if self._asked(many):
            self._known.extend(many)
            return
        for known in many:
            self._claim(known)

    def _asked(self, many: list[Known]) -> bool:
        """Ask an intake once; False if nobody answered."""
        calls = [self._call(number, known.request) for number, known in enumerate(many)]
        answers, why = self._send([known.request for known in many])
        if answers is None:
            for call in calls:
                call.end(Phase.INFO, why=why)
            return False
        for call, known, answer in zip(calls, many, answers, strict=True):
            note(call, known, answer)
        return True

    def _call(self, number: int, request: Request) -> Call:
        return self.world.call(
            Ask.CLAIM, proc=f"{self.name}/{number}" if number else self.name,
            account=request.account, campaign=request.campaign, user=request.user,
            grant=request.grant, key=request.key, body=request.fingerprint.hex(),
            tier=None if request.tier is None else request.tier.value,
            limit_key=request.limit_key, deadline_s=DEADLINE / SECOND,
        )  # fmt: skip

    def _send(self, requests: list[Request]) -> tuple[tuple[Told, ...] | None, str]:
        world = self.world
        world.loop.current.doing = "request"
        due = world.now + DEADLINE
        bundle = Bundle(requests, world.loop.current, due)
        world.way()
        lost = world.chance(Fault.REQUEST_LOST)
        if not lost and not world.dice.choice(self.intakes).submit(bundle):
            return None, "nobody is there"
        world.loop.current.doing = "after request"
        self._wait(due, lambda: bundle.answers is not None or bool(bundle.failed))
        if bundle.answers is None:
            return None, bundle.failed or "no answer in time"
        world.way()
        if world.chance(Fault.REPLY_LOST):
            return None, "the answer was lost"
        return bundle.answers, ""

    def _wait(self, due: int, answered: Callable[[], bool]) -> None:
        while not answered() and self.world.now < due:
            self.world.loop.sleep(due - self.world.now)

    def _see(self, known: Known) -> None:
        """Look at a claim, and learn its coupon's code."""
        claim_id = known.claim_id
        if claim_id is None:
            return
        account = known.request.account
        call = self.world.call(Ask.LOOK, account=account, claim_id=claim_id)
        errand = self._errand(call, lambda store, _: seen(store, account, claim_id))
        if errand is None:
            return
        view = errand.done[0]
        if not isinstance(view, ClaimView):
            call.end(Phase.FAIL, why="unknown_claim")
            return
        if view.coupon is not None and known.code is None:
            known.code = code_of(view.coupon)
            self.world.secrets.coupons.append((claim_id, known.code))
        call.end(Phase.OK, claim_id=claim_id, state=view.state.value, code=known.code or "")

    def _errand(self, call: Call, run: Callable[[MemoryStore, int], object]) -> Errand | None:
        """Have an intake do something; None, and noted, if nobody answered."""
        world = self.world
        world.loop.current.doing = "request"
        errand = Errand(run, world.loop.current)
        world.way()
        sent = not world.chance(Fault.REQUEST_LOST) and world.dice.choice(self.intakes).send(errand)
        if sent:
            self._wait(world.now + DEADLINE, lambda: bool(errand.done) or bool(errand.failed))
        if not errand.done or world.chance(Fault.REPLY_LOST):
            call.end(Phase.INFO, why=errand.failed or "no answer")
            return None
        return errand

    # What is asked

    def _any(self) -> Known | None:
        return self.world.dice.choice(self._known) if self._known else None

    def _key(self) -> str:
        self._numbers += 1
        return f"{self.name}-{self._numbers}"

    def _new(self) -> Known:
        dice = self.world.dice
        request = Request(
            account=dice.choice(ACCOUNTS),
            campaign=dice.choice(self.plan.campaigns).id if dice.random() < 0.98 else "unheard-of",
            user=f"u{dice.randrange(self.plan.people)}",
            key=self._key(),
            fingerprint=b"",
            grant=dice.choice(("default", "default", "friend")),
            tier=dice.choice((None, None, *Tier)),
            limit_key=dice.choice((None, None, None, "shop-1", "shop-2")),
        )
        return Known(signed(request))

    def _request(self, old: Request, **changes: str) -> Request:
        named = {name: getattr(old, name) for name in Request.__struct_fields__}
        return signed(Request(**(named | changes)))
