"""A demonstration from the first process to the last: set the stage, play, prove, clear away."""

import shutil
import signal
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from rich.console import Console

from fulfiller.domain.error import FulfillerError
from fulfiller.ops.demo import festival
from fulfiller.ops.demo.chart import glyphs
from fulfiller.ops.demo.outcome import Outcome
from fulfiller.ops.demo.play import WORKERS, Play
from fulfiller.ops.demo.proof import Evidence, Line, proof
from fulfiller.ops.demo.reading import Track, percentile
from fulfiller.ops.demo.screen import proof_table, screen
from fulfiller.ops.demo.traffic import SOLD_AT, Wish, deserving, wishes
from fulfiller.ops.demo.upstream import Upstream
from fulfiller.ops.demo.view import Stage, duration
from fulfiller.ops.demo.watch import Watch
from fulfiller.ops.exits import Exit
from fulfiller.ops.supervise.home import VARIABLES
from fulfiller.ops.supervise.leaving import Leaving, on_signals
from fulfiller.ops.supervise.plan import FLOWER_LOGIN, POSTGRES, SQLITE, Plan
from fulfiller.ops.supervise.stack import Stack
from fulfiller.settings import surroundings
from fulfiller.wiring import Parts, open_parts

REHEARSAL_S = 1.5
REHEARSAL_COUPONS = 1_000_000
SHARE_OF_PACE = 0.35
"""The day's mean as a share of what the door took in the rehearsal; its peak is four means."""
REQUESTS_MIN, REQUESTS_MAX = 500, 100_000
READY_S = 30.0
CHECKED = 300
CHECK_S = 30.0
"""Claims that are looked at again over HTTP, and how long that may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command line says."""

    keep: bool
    seconds: int
    seed: int
    requests: int | None
    postgres: bool


def run(options: Options) -> int:
    """Play, and return the exit code."""
    console = Console(highlight=False)
    home = Path(mkdtemp(prefix="fulfiller-demo-"))
    try:
        return Demo(options, console, home).run()
    except Leaving:
        console.print("Everything has ended.")
        return 128 + signal.SIGINT
    except FulfillerError as fault:
        console.print(f"The demonstration failed: {fault}", style="bold red", markup=False)
        return Exit.FAILED
    finally:
        shutil.rmtree(home, ignore_errors=True)


class Demo:
    """One demonstration in one temporary folder."""

    def __init__(self, options: Options, console: Console, home: Path) -> None:
        """Start nothing yet."""
        self.options = options
        self.console = console
        self.home = home
        self.track = Track()
        plan = Plan(store=POSTGRES if options.postgres else SQLITE, workers=len(WORKERS), slots=1)
        if options.postgres:
            # As root the server runs as somebody else, who must be able to enter.
            home.chmod(0o711)
        self.stack = Stack(home, plan, removing_home=True)

    def run(self) -> int:
        """Start everything, play, prove; end everything."""
        with ExitStack() as stack:
            stack.enter_context(on_signals(self.stack.abandon))
            upstream = stack.enter_context(Upstream({**surroundings(), "NO_PROXY": "127.0.0.1"}))
            self._say("Starting store, broker, intake, two workers, keeper and Flower.")
            began = stack.enter_context(self.stack)
            parts = stack.enter_context(closing(open_parts(began.settings, application="demo")))
            code = self._perform(upstream, parts)
            if self.options.keep:
                self._stay()
            self._say("Ending everything.")
        return code

    def _perform(self, upstream: Upstream, parts: Parts) -> int:
        day = self._rehearse(upstream, parts)
        limit = festival.per_user_limit()
        campaign = festival.open_campaign(
            festival.NAME,
            coupons=int(SOLD_AT * deserving(day, per_user_limit=limit)),
            store=parts.store,
        )
        watch = Watch(parts.store, campaign)
        outcome = self._play(
            upstream,
            watch,
            Stage(
                requests=len(day),
                span_s=self.options.seconds,
                coupons=campaign.coupons,
                urls=self.stack.urls,
                login=(self.home / FLOWER_LOGIN).read_text("utf-8").strip(),
                glyphs=glyphs(self.console.encoding),
            ),
        )
        self._say("The proof: what the upstream remembers against what the store and API say.")
        upstream.order(do="check", claims=CHECKED, seed=self.options.seed)
        evidence = Evidence(
            campaign=campaign,
            outcome=outcome,
            record=self._record,
            checked=upstream.await_report("checked", within_s=CHECK_S),
            store_url=parts.settings.store_url,
        )
        return self._conclude(proof(evidence, parts.store), watch)

    def _rehearse(self, upstream: Upstream, parts: Parts) -> list[Wish]:
        """Open the doors for a moment to see how large a day this machine can stage."""
        key = festival.caller_key(parts.store, parts.pepper)
        upstream.greet(url=self.stack.urls.intake, key=key)
        upstream.await_report("ready", within_s=READY_S)
        total = self.options.requests
        if total is None:
            festival.open_campaign(festival.REHEARSAL, coupons=REHEARSAL_COUPONS, store=parts.store)
            upstream.order(do="rehearse", campaign=festival.REHEARSAL, seconds=REHEARSAL_S)
            pace = upstream.await_report("paced", within_s=READY_S)
            total = suitable(pace, self.options.seconds)
            self._say(f"Rehearsal: {pace:,.0f} claims a second taken in one by one.")
        return wishes(total, span_s=self.options.seconds, seed=self.options.seed)

    def _play(self, upstream: Upstream, watch: Watch, stage: Stage) -> Outcome:
        upstream.order(
            do="play",
            campaign=festival.NAME,
            total=stage.requests,
            span_s=stage.span_s,
            seed=self.options.seed,
            record=str(self._record),
        )
        with screen(self.console, stage, self.track) as seen:
            return Play(self.stack, upstream, watch, seen, self.track).run(stage.span_s)

    def _conclude(self, lines: list[Line], watch: Watch) -> int:
        self.console.print(proof_table(lines, self.console.encoding), end="", soft_wrap=True)
        p50, p95 = percentile(watch.waits_ms, 0.5), percentile(watch.waits_ms, 0.95)
        broken = sum(not line.ok for line in lines)
        verdict = f"{broken} of {len(lines)} broken." if broken else "All of it holds."
        self._say(
            f"{verdict} From accepted to coupon: p50 {duration(p50)}, p95 {duration(p95)} "
            f"over {len(watch.waits_ms):,} claims, the kill among them."
        )
        return Exit.FAILED if broken else Exit.OK

    def _stay(self) -> None:
        """Leave everything running until somebody has seen enough."""
        urls = self.stack.urls
        self._say(f"Still running. Flower {urls.flower}, login in {self.home / FLOWER_LOGIN}")
        self._say(f"API docs {urls.docs}. In a shell: set -a; . {self.home / VARIABLES}")
        self._say("Ctrl-C ends it.")
        with suppress(Leaving):
            while True:
                signal.pause()

    @property
    def _record(self) -> Path:
        return self.home / "promises.jsonl"

    def _say(self, text: str) -> None:
        self.console.print(text, soft_wrap=True, markup=False)


def suitable(pace: float, seconds: int) -> int:
    """Return how many requests make a day that this machine can stage, and just so."""
    total = round(pace * seconds * SHARE_OF_PACE, -2)
    return int(min(max(total, REQUESTS_MIN), REQUESTS_MAX))
