"""A second opinion: `wrk`, a load generator that is not ours, at the same door.

It stops in the midst, so the books may hold more claims than it has counted, and never fewer.
"""

import json
import os
import re
from pathlib import Path
from secrets import randbits
from shutil import which
from subprocess import run

from fulfiller.clock import monotonic
from fulfiller.domain.error import FulfillerError
from fulfiller.ops.bench import doors
from fulfiller.ops.bench.books import Books, BooksBroken
from fulfiller.ops.bench.cast import WORKER, Cast
from fulfiller.ops.bench.drains import Patience
from fulfiller.ops.bench.sample import Sample
from fulfiller.ops.bench.usage import per_claim
from fulfiller.ops.supervise import programs

PROGRAM = "wrk"
CONNECTIONS = 256
SECONDS = 3
STILL_S = 0.5
"""When nothing has come in for so long, nothing of what `wrk` left behind is under way."""
SCRIPT = """\
math.randomseed(%(seed)d)
wrk.method = "POST"
wrk.headers["Authorization"] = "Bearer %(key)s"
wrk.headers["Content-Type"] = "application/json"

function request()
  local token = string.format("%%08x%%08x", math.random(0, 2^31), math.random(0, 2^31))
  wrk.headers["Idempotency-Key"] = token
  return wrk.format(nil, nil, nil, '{"campaign":"%(campaign)s","user":"' .. token .. '"}')
end

function done(summary, latency)
  local errors = summary.errors
  local broken = errors.connect + errors.read + errors.write + errors.timeout
  io.write(string.format(
    '\\n{"us":%%d,"answers":%%d,"refused":%%d,"broken":%%d,"p50":%%d,"p95":%%d,"p99":%%d}\\n',
    summary.duration, summary.requests, errors.status, broken,
    latency:percentile(50), latency:percentile(95), latency:percentile(99)))
end
"""
_told = re.compile(r"^\{.*\}$", re.MULTILINE).search


class WrkFailed(FulfillerError):
    """The program did not do what it was started for."""


def wrk(cast: Cast, books: Books, _claims: int) -> Sample:
    """Let `wrk` send what it can for some seconds; await all coupons.

    Raises BooksBroken if it saw more claims accepted than the books hold.
    """
    cast.enter(WORKER, programs.KEEPER, programs.INTAKE)
    script = cast.settings.home / "claims.lua"
    script.write_text(scripted(doors.key(cast, books), books.campaign.id))
    used_s, own_s, began_s = cast.used_s(), _children_s(), monotonic()
    told = blow(script, f"{cast.settings.api_url}/v1/claims")
    own_s = _children_s() - own_s
    ended_s = _settled(books)
    accepted = told["answers"] - told["refused"]
    if accepted > books.entered():
        raise BooksBroken(f"wrk saw {accepted} claims accepted, the books {books.entered()}")
    rate = accepted * 1e6 / told["us"]
    return Sample(
        promised=books.entered(),
        rate=books.issued() / (ended_s - began_s),
        accept_rate=rate,
        cpu_us=per_claim(used_s, cast.used_s(), books.issued()),
        load_us=own_s * 1e6 / max(1, told["answers"]),
        latency_ms={f"accept_{name}": told[name] / 1_000 for name in ("p50", "p95", "p99")}
        | doors.coupons_ms(books),
        claims_per={"commit": books.per_commit(), "hint": books.per_hint()},
        own={"rate": rate}
        | {f"{name}_ms": told[name] / 1_000 for name in ("p50", "p95", "p99")}
        | {name: told[name] for name in ("refused", "broken")},
    )


def scripted(key: str, campaign: str) -> str:
    """Return the program's script: every claim by somebody else, and figures in the end."""
    return SCRIPT % {"seed": randbits(31), "key": key, "campaign": campaign}


def blow(script: Path, url: str) -> dict[str, int]:
    """Run the program; return what its script tells in the end."""
    shape = ("-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s")
    done = run(  # nosec B603 # noqa: S603 - a program that was found, no shell
        [which(PROGRAM) or PROGRAM, *shape, "-s", str(script), url],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return told_by(done.stdout, done.stderr)


def told_by(said: str, besides: str = "") -> dict[str, int]:
    """Return the figures in what the program said."""
    told = _told(said)
    if told is None:
        raise WrkFailed(f"wrk told no figures: {(besides or said).strip()}")
    figures: dict[str, int] = json.loads(told[0])
    return figures


def _settled(books: Books) -> float:
    """Wait until every claim has its coupon and no other comes; return when the last one had."""
    patience = Patience()
    seen, since_s = -1, monotonic()
    while True:
        issued, at_s = books.issued(), monotonic()
        if issued != seen:
            seen, since_s = issued, at_s
        elif at_s - since_s > STILL_S and issued == books.entered():
            return since_s
        patience.wait(issued, books.entered())


def _children_s() -> float:
    """Return the CPU seconds of this process's children that have ended."""
    used = os.times()
    return used.children_user + used.children_system
