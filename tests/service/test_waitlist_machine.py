"""The waitlist: whoever comes, leaves, is admitted or counts, the line stays a line.

Blocks are of three claims here, so that a few people are already several blocks.
"""

from collections import Counter
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from fulfiller.domain.breaker import Mode, Reading
from fulfiller.domain.claim import ClaimId, State
from fulfiller.domain.error import Deposed
from fulfiller.domain.mode import Gauge
from fulfiller.domain.outcome import Accepted, Answer, Refused, Why
from fulfiller.domain.stripe import Count, counted
from fulfiller.domain.tier import Tier
from fulfiller.domain.validity import SECOND
from fulfiller.service.accept import accept
from fulfiller.service.admit import Usher, admit
from fulfiller.service.dispatch import Lane
from fulfiller.service.keep import LEASE, TTL
from fulfiller.service.line import SETTLE, Clerk, count_places
from fulfiller.service.steer import Act, let_flow, let_go, pause
from fulfiller.service.waitlist import Place
from tests.domain.festival import festival
from tests.service.stall import Stall, wish

BLOCK = 3
TIERS = st.sampled_from([Tier.P1, Tier.P2])
STEER = {Mode.PAUSED: pause, Mode.FLOWING: let_flow, Mode.RAMPING: let_go}


class Queueing(RuleBasedStateMachine):
    """One campaign, people in two tiers, and keepers one after the other."""

    def __init__(self) -> None:
        """Make blocks short."""
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr("fulfiller.service.line.BLOCK", BLOCK)

    def teardown(self) -> None:
        """Make blocks as long as they are."""
        self.patch.undo()

    @initialize(
        cap=st.none() | st.integers(1, 25),
        resume_at=st.integers(1, 6),
        tiers=st.lists(TIERS, min_size=5, max_size=20),
    )
    def open(self, cap: int | None, resume_at: int, tiers: list[Tier]) -> None:
        """Open a campaign, pause it, and let people come."""
        self.stall, self.cap, self.resume_at = Stall(festival(waitlist_cap=cap)), cap, resume_at
        self.line: dict[Tier, list[Place]] = {tier: [] for tier in Tier}
        self.accepted: set[ClaimId] = set()
        self.left, self.keepers = Counter[Tier](), 0
        self.stall.now += SETTLE
        self.clerk, self.usher, self.fence = Clerk(), Usher(), self.led()
        self.steer(Mode.PAUSED)
        gauge = Gauge(at=0, reading=Reading(), threshold=2 * resume_at, resume_at=resume_at)
        self.stall.store.show_gauges({"festival": gauge}, fence=self.fence)
        self.join(tiers, 0)

    @rule(tiers=st.lists(TIERS, min_size=1, max_size=8), late=st.integers(0, SETTLE - 1))
    def join(self, tiers: list[Tier], late: int) -> None:
        """Let a group come in; an intake may have begun its transaction a while ago."""
        asked = [wish(f"user {next(self.stall.numbers)}", tier=tier) for tier in tiers]
        circumstances = replace(self.stall.round(), now=self.stall.now - late)
        answers = accept(asked, store=self.stall.store, circumstances=circumstances)
        for tier, answer in zip(tiers, answers, strict=True):
            self.joined(tier, answer)

    def joined(self, tier: Tier, answer: Answer) -> None:
        """Check what one of them was told, and remember their place."""
        if not self.line[tier] and self.mode is Mode.FLOWING:
            assert isinstance(answer, Accepted)
            assert (answer.state, answer.ahead) == (State.ACCEPTED, None)
            self.accepted.add(answer.claim.id)
        elif self.cap is not None and self.waiting >= self.cap:
            assert answer == Refused(Why.WAITLIST_FULL)
        else:
            assert isinstance(answer, Accepted)
            assert (answer.state, answer.ahead) == (State.WAITLISTED, len(self.line[tier]))
            self.line[tier].append((answer.claim.accepted_at, answer.claim.id))
            self.line[tier].sort()

    @rule(tier=TIERS, picks=st.lists(st.integers(0, 20), min_size=1, max_size=4))
    def cancel(self, tier: Tier, picks: list[int]) -> None:
        """Let some leave from anywhere in the line."""
        for pick in picks:
            if pick < len(self.line[tier]):
                _, claim = self.line[tier].pop(pick)
                assert self.stall.cancel(claim)
                self.left[tier] += 1

    @rule(mode=st.sampled_from([Mode.FLOWING, *Mode]))
    def steer(self, mode: Mode) -> None:
        """Pause, let flow, or let go of a pause, which ramps."""
        act = Act(reason="a check", actor="operator:li", now=self.stall.now)
        STEER[mode]("festival", act, store=self.stall.store)

    @rule(times=st.integers(1, 4))
    def admit(self, times: int) -> None:
        """Admit: the first of each tier, evenly, and no more than there is room for."""
        for _ in range(times):
            waiting = self.waiting
            room = max(0, self.resume_at - len(self.accepted))
            number = admit(self.usher, store=self.stall.store, fence=self.fence)
            if self.mode is Mode.FLOWING:
                assert number == min(room, waiting)
            assert number <= (0 if self.mode is Mode.PAUSED else room)
            assert sum(map(self.admitted, Tier)) == number

    def admitted(self, tier: Tier) -> int:
        """Return how many of a tier were admitted, who must be the first of it."""
        line = self.line[tier]
        states = [view.state for view in map(self.look, line)]
        number = states.count(State.ACCEPTED)
        assert states == [State.ACCEPTED] * number + [State.WAITLISTED] * (len(line) - number)
        self.accepted |= {claim for _, claim in line[:number]}
        self.left[tier] += number
        del line[:number]
        return number

    @rule(times=st.integers(1, 4))
    def flow(self, times: int) -> None:
        """Let flow, and admit while there is room, which is made."""
        self.steer(Mode.FLOWING)
        for _ in range(times):
            self.admit(1)
            self.issue()

    @rule(seconds=st.integers(1, 5))
    def ramp(self, seconds: int) -> None:
        """Ramp for some seconds: a share of a rate that nobody has measured is admitted."""
        self.steer(Mode.PAUSED)
        self.steer(Mode.RAMPING)
        for _ in range(seconds):
            self.admit(1)
            self.wait(1)

    @rule()
    def issue(self) -> None:
        """Make room."""
        self.stall.issue(*sorted(self.accepted))
        self.accepted.clear()

    @rule(seconds=st.integers(1, 5))
    def wait(self, seconds: int) -> None:
        """Let time pass; the keeper keeps its lease."""
        self.stall.now += seconds * SECOND
        self.fence = self.led()

    @rule()
    def count(self) -> None:
        """Count, as the keeper does each second."""
        count_places(self.clerk, store=self.stall.store, fence=self.fence)

    @rule()
    def count_all(self) -> None:
        """Count once for each block there may be: then every place is right."""
        self.stall.now += SETTLE
        self.fence = self.led()
        for _ in range(2 + max(map(len, self.line.values()))):
            self.count()
        self.left.clear()

    @rule()
    def take_over(self) -> None:
        """Let another keeper lead: it remembers nothing, and the last one may not write."""
        self.stall.now += TTL
        self.keepers += 1
        old, self.fence = self.fence, self.led()
        before = [self.stall.store.blocks(Lane("festival", tier)) for tier in Tier]
        with suppress(Deposed):
            count_places(self.clerk, store=self.stall.store, fence=old)
        with suppress(Deposed):
            assert admit(self.usher, store=self.stall.store, fence=old) == 0
        assert [self.stall.store.blocks(Lane("festival", tier)) for tier in Tier] == before
        self.clerk, self.usher = Clerk(), Usher()

    @invariant()
    def nobody_is_lost_and_nobody_slips_in(self) -> None:
        """The store has everybody of each line waiting, and nobody else."""
        rows = self.stall.store.shelves.open.values()
        for tier, line in self.line.items():
            mine = [row for row in rows if row.tier is tier and row.stage.value == "waitlisted"]
            assert sorted((row.ready_at, row.id) for row in mine) == line
            stripes = self.stall.store.stripes("festival")
            assert counted(stripes, Count.WAITLISTED, tier) == len(line)
        assert self.cap is None or self.waiting <= self.cap

    @invariant()
    def a_place_is_never_better_than_told(self) -> None:
        """Nor is it worse by more than left since all was counted."""
        for tier, line in self.line.items():
            told = self.stall.store.ahead([claim for _, claim in line])
            for true, (_, claim) in enumerate(line):
                assert 0 <= told[claim] - true <= self.left[tier]

    @property
    def mode(self) -> Mode:
        """The campaign's mode."""
        return self.stall.store.modes()["festival"].mode

    @property
    def waiting(self) -> int:
        """How many wait in all."""
        return sum(map(len, self.line.values()))

    def look(self, place: Place) -> Any:
        """Return a claim as it is now."""
        return self.stall.store.view([place[1]])[place[1]]

    def led(self) -> int:
        """Return the epoch of this keeper's lease."""
        fence = self.stall.store.lease(LEASE, f"keeper {self.keepers}", ttl_s=TTL / SECOND)
        assert fence is not None
        return fence


TestWaitlist = Queueing.TestCase
TestWaitlist.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)
