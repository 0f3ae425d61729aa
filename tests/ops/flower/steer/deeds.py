"""What controls are tried with, and how what they leave behind is compared and told."""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from sqlite3 import connect
from typing import Any

from fulfiller.domain.event import Event, Kind
from fulfiller.domain.mode import SERVICE, ModeRow
from fulfiller.service.steer import Act, hold, pause
from fulfiller.store.opening import open_store
from fulfiller.store.sqlstore import SqlStore
from tests.ops.flower.steer.visitor import OPERATOR, Steered
from tests.ops.test_cli import runner
from tests.processes import ROOT

ACTOR = f"flower:{OPERATOR}"
OWN = "We pause for lanterns."
WORDS = f"en.opening.paused = '{OWN}'\nzh-Hans.when.since = \"自{{moment}}起。\""
Steer = Callable[[str, Act, SqlStore], object]


@dataclass(frozen=True, slots=True)
class Deed:
    """A control with what is filled in, what the log calls it, and what it says beforehand."""

    control: str
    kind: Kind
    says: str
    filled: dict[str, str] = field(default_factory=dict)
    before: Steer | None = None


def _paused(scope: str, act: Act, store: SqlStore) -> object:
    return pause(scope, act, store=store)


def _held(scope: str, act: Act, store: SqlStore) -> object:
    return hold(scope, act, store=store)


DEEDS = (
    Deed("pause", Kind.MODE_PAUSED, "will be paused until somebody resumes it"),
    Deed("resume", Kind.MODE_RAMPING, r"will ramp up over 60 s: those", before=_paused),
    Deed("flow", Kind.MODE_FLOWING, "will flow until .*, and no signal pauses it", {"for": "10m"}),
    Deed("hold", Kind.MODE_HELD, "Workers will stop issuing for festival-", {"until": "+2h"}),
    Deed("unhold", Kind.MODE_UNHELD, "Workers will go on issuing for festival-", before=_held),
    Deed("rate", Kind.RATE_CHANGED, "From then on it issues at most 500/s", {"rate": "500/s"}),
    Deed("rate", Kind.RATE_CHANGED, "shop-7 in festival-", {"rate": "9/h", "key": "shop-7"}),
    Deed(
        "thresholds",
        Kind.CAMPAIGN_CHANGED,
        "pauses above 10 claims, .* From then on .* pauses above 40 claims, .* at half of that",
        {"backlog": "40", "resume": "unset"},
    ),
    Deed("weights", Kind.CAMPAIGN_CHANGED, "p0 weighs 9: at least", {"p0": "9", "p3": "2"}),
    Deed("extend", Kind.CAMPAIGN_EXTENDED, "2100-01-01 00:00 in Asia/", {"until": "2099-12-31"}),
    Deed("patience", Kind.PATIENCE_WORDED, "will hear the messages below", {"words": WORDS}),
    Deed("mark", Kind.MARK_SET, "festival-.* will have a mark at this moment"),
    Deed("end", Kind.CAMPAIGN_ENDED, "will be over at once and for good"),
)  # fmt: skip
"""Each control of a campaign."""
OF_SERVICE = (
    Deed("pause", Kind.MODE_PAUSED, "The service will be paused until somebody"),
    Deed("hold", Kind.MODE_HELD, "Workers will stop issuing for the service until", {"for": "2h"}),
    Deed("resume", Kind.MODE_RAMPING, "The service will ramp up over"),
    Deed("unhold", Kind.MODE_UNHELD, "Workers will go on issuing for the service"),
    Deed("flow", Kind.MODE_FLOWING, "The service will flow until", {"for": "1h"}),
    Deed("rate", Kind.RATE_CHANGED, "From then on it issues at most 50/s", {"rate": "3000/m"}),
    Deed("mark", Kind.MARK_SET, "The charts of all campaigns will have a mark"),
    Deed("rate", Kind.RATE_CHANGED, "issues at most 50/s so far", {"rate": "off"}),
)
"""Each control of the service, in an order that leaves nothing still behind."""


@contextmanager
def twin(steered: Steered, folder: Path) -> Iterator[tuple[SqlStore, dict[str, str]]]:
    """Hand out a copy of the store as it is now, and the settings of a command line there."""
    file = folder / "twin.db"
    file.unlink(missing_ok=True)
    with closing(connect(steered.home / "store.db")) as one, closing(connect(file)) as other:
        one.backup(other)
    url = f"sqlite:///{file}"
    with closing(open_store(url, application="test")) as store:
        yield store, {"FULFILLER_HOME": str(folder), "FULFILLER_STORE_URL": url}


def typed(command: str, environ: dict[str, str]) -> None:
    """Type a command that a page has shown; one with a text behind it is a shell's business."""
    if "\n" not in command:
        done = runner(**environ)(*shlex.split(command)[1:])
        assert done.exit_code == 0, done.output
        return
    line = command.replace("fulfiller", f"{shlex.quote(sys.executable)} -m fulfiller", 1)
    subprocess.run(
        ["/bin/sh", "-c", line], cwd=ROOT, env=environ, check=True, stdout=subprocess.DEVNULL
    )


def last(store: SqlStore) -> Event:
    """Return the newest event."""
    return store.unsealed(after=(0, 0), limit=10_000)[-1].event


def audited(store_url: str, folder: Path, scope: str) -> dict[str, Any]:
    """Return the newest act on a scope as `fulfiller audit` tells it."""
    run = runner(FULFILLER_HOME=str(folder), FULFILLER_STORE_URL=store_url)
    told = run("audit", "--json", "--campaign", scope, "--limit", "1")
    (act,) = json.loads(told.stdout)["acts"]
    return dict(act)


def left(store: SqlStore, scope: str) -> object:
    """Return what two who did the same at two moments have left behind."""
    campaign = None if scope == SERVICE else store.campaign(scope)
    rates = sorted((pace.scope[1], str(pace.rate)) for pace in store.rates(scope))
    return campaign, rates, _bare(store.modes()[scope])


def _bare(row: ModeRow) -> object:
    forced, held = row.state.forced, row.hold
    said = [each and each.reason for each in (forced, held)]
    ends = [each is not None and each.until is not None for each in (forced, held)]
    return row.mode, row.held, row.generation, row.cause, said, ends


def shown(page: str, name: str) -> str:
    """Return what an element of a page says."""
    match = re.search(rf'id="{name}"[^>]*>(.*?)</', page, re.DOTALL)
    assert match is not None, page
    return unescape(match[1])
