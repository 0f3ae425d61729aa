"""The evening: a rehearsal to find the size, the day itself, and the proof."""

from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from fulfiller.domain.campaign import Campaign
from fulfiller.ops.demo import festival
from fulfiller.ops.demo.chart import glyphs
from fulfiller.ops.demo.options import Options
from fulfiller.ops.demo.outcome import Outcome
from fulfiller.ops.demo.play import Play, Scene
from fulfiller.ops.demo.proof import Evidence, Line, proof
from fulfiller.ops.demo.reading import Track, percentile
from fulfiller.ops.demo.screen import proof_table, screen
from fulfiller.ops.demo.timeline import timeline
from fulfiller.ops.demo.traffic import SOLD_AT, deserving, wishes
from fulfiller.ops.demo.upstream import Upstream
from fulfiller.ops.demo.view import Stage, duration
from fulfiller.ops.demo.watch import Watch
from fulfiller.ops.exits import Exit
from fulfiller.ops.flower.login import FLOWER_LOGIN
from fulfiller.ops.supervise.stack import Stack
from fulfiller.wiring import Parts

REHEARSAL_S = 1.5
REHEARSAL_COUPONS = 1_000_000
SHARE_OF_PACE = 0.28
"""The day's mean as a share of what the door took in the rehearsal; its peak is four means."""
REQUESTS_MIN, REQUESTS_MAX = 500, 100_000
READY_S = 30.0
CHECKED = 300
CHECK_S = 30.0
"""Claims that are looked at again over HTTP, and how long that may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evening:
    """One performance on a running stack."""

    options: Options
    console: Console
    stack: Stack
    upstream: Upstream
    parts: Parts

    def perform(self) -> int:
        """Rehearse, play, prove; return the exit code."""
        key = festival.caller_key(self.parts.store, self.parts.pepper)
        self.upstream.greet(url=self.stack.urls.intake, key=key)
        self.upstream.await_report("ready", within_s=READY_S)
        total = self.options.requests or self._rehearse()
        campaign = self._open(total)
        watch = Watch(self.parts.store, campaign)
        outcome = self._play(total, campaign, watch)
        return self._conclude(self._prove(campaign, outcome), watch)

    def _rehearse(self) -> int:
        """Open the doors for a moment to see how large a day this machine can stage."""
        festival.open_campaign(
            festival.REHEARSAL, coupons=REHEARSAL_COUPONS, store=self.parts.store
        )
        self.upstream.order(do="rehearse", campaign=festival.REHEARSAL, seconds=REHEARSAL_S)
        pace = float(self.upstream.await_report("paced", within_s=READY_S))
        self._say(f"Rehearsal: {pace:,.0f} claims a second taken in.")
        return suitable(pace, self.options.seconds)

    def _open(self, total: int) -> Campaign:
        """Open the festival with coupons for most who come, but not for all."""
        day = wishes(total, span_s=self.options.seconds, seed=self.options.seed)
        fit = deserving(day, per_user_limit=festival.per_user_limit())
        return festival.open_campaign(
            festival.NAME,
            coupons=int(SOLD_AT * fit),
            store=self.parts.store,
            speed=festival.Speed(total, self.options.seconds),
        )

    def _play(self, total: int, campaign: Campaign, watch: Watch) -> Outcome:
        track = Track()
        self.upstream.order(
            do="play",
            campaign=festival.NAME,
            total=total,
            span_s=self.options.seconds,
            seed=self.options.seed,
            record=str(self._record),
        )
        stage = self._stage(total, watch.coupons)
        with screen(self.console, stage, track) as seen:
            scene = Scene(
                store=self.parts.store,
                campaign=campaign,
                stack=self.stack,
                queue=self.parts.queue,
                upstream=self.upstream,
                watch=watch,
                screen=seen,
                track=track,
            )
            outcome = Play(scene).run(self.options.seconds)
        for line in timeline(track, stage.glyphs, self.console.width):
            self.console.print(line, soft_wrap=True)
        return outcome

    def _stage(self, total: int, coupons: int) -> Stage:
        return Stage(
            requests=total,
            span_s=self.options.seconds,
            coupons=coupons,
            urls=self.stack.urls,
            login=(self.stack.settings.home / FLOWER_LOGIN).read_text("utf-8").strip(),
            glyphs=glyphs(self.console.encoding),
        )

    def _prove(self, campaign: Campaign, outcome: Outcome) -> list[Line]:
        self._say("The proof: the upstream's own record against what store and API say.")
        self.upstream.order(do="check", claims=CHECKED, seed=self.options.seed)
        evidence = Evidence(
            campaign=campaign,
            outcome=outcome,
            record=self._record,
            checked=self.upstream.await_report("checked", within_s=CHECK_S),
            store_url=self.parts.settings.store_url,
        )
        return proof(evidence, self.parts.store)

    def _conclude(self, lines: list[Line], watch: Watch) -> int:
        self.console.print(proof_table(lines, self.console), end="", soft_wrap=True)
        p50, p95 = percentile(watch.waits_ms, 0.5), percentile(watch.waits_ms, 0.95)
        broken = sum(not line.ok for line in lines)
        verdict = f"{broken} of {len(lines)} broken." if broken else "All of it holds."
        self._say(
            f"{verdict} From accepted to coupon: p50 {duration(p50)}, p95 {duration(p95)}, "
            f"measured on {len(watch.waits_ms):,} claims."
        )
        return Exit.FAILED if broken else Exit.OK

    @property
    def _record(self) -> Path:
        return self.stack.settings.home / "promises.jsonl"

    def _say(self, text: str) -> None:
        self.console.print(text, soft_wrap=True, markup=False)


def suitable(pace: float, seconds: int) -> int:
    """Return how many requests make a day that this machine can stage, and just so."""
    total = round(pace * seconds * SHARE_OF_PACE, -2)
    return int(min(max(total, REQUESTS_MIN), REQUESTS_MAX))
