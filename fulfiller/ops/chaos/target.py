"""A deployment that runs already, as an arena: servers by their URLs, processes by sight."""

import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from signal import Signals

from fulfiller.chaos.experiment.site import Site
from fulfiller.chaos.fault.arena import Need
from fulfiller.chaos.proxy.process import Proxy
from fulfiller.chaos.scenario import Scenario
from fulfiller.domain.error import SettingError
from fulfiller.domain.validity import DAY
from fulfiller.ops.chaos.ground import campaign_name, open_door
from fulfiller.ops.chaos.marking import marking
from fulfiller.settings import PREFIX, Settings, load
from fulfiller.wiring import code_key, open_truth

HOUR = DAY // 24
PROC = Path("/proc")
ROLE = re.compile(
    r"-m\0fulfiller\0(intake|keeper)\0|-m\0celery\0.*\0worker\0.*--hostname\0(\w+)@", re.DOTALL
)
"""What `up` runs: an intake, a keeper, or a worker with its name."""


class TargetArena:
    """A running deployment. Nothing of it is behind a proxy, and no server of it is ours.

    Its processes can be struck only if they run on this machine, below the same FULFILLER_HOME
    and as the same user, started by `fulfiller up`, which starts them again.
    """

    clocks: Mapping[str, Path] = {}

    def __init__(self, settings: Settings, campaign: str) -> None:
        """Look around."""
        self.campaign = campaign
        self.store_url = settings.store_url
        self.broker_url = settings.broker_url
        self.intake_url = settings.api_url
        self._home = settings.home
        self._seen: dict[str, list[int]] = {}
        self.offers = self._offers()

    @property
    def proxy(self) -> Proxy:
        """Return nothing: a running deployment is not behind the proxy."""
        raise SettingError("a running deployment is not behind the fault proxy")

    def names(self) -> Sequence[str]:
        """Return the names of its processes that can be seen from here."""
        return sorted(self._processes())

    def pid(self, name: str) -> int | None:
        """Return the number of a process, or None while there is none."""
        pid = self._processes().get(name)
        known = self._seen.setdefault(name, [])
        if pid is not None and pid not in known:
            known.append(pid)
        return pid

    def starts(self, name: str) -> int:
        """Return how many processes of a name were seen so far."""
        self.pid(name)
        return len(self._seen[name])

    def kill(self, name: str, number: Signals, *, group: bool = False) -> None:
        """Signal a process, with its group if so asked."""
        pid = self.pid(name)
        if pid is not None:
            with suppress(ProcessLookupError):
                (os.killpg if group else os.kill)(pid, number)

    def restart(self, name: str) -> None:
        """End a process softly; `fulfiller up` starts it again."""
        self.kill(name, Signals.SIGTERM)

    def folder(self, name: str) -> Path:
        """Return nothing: its servers are not ours."""
        raise SettingError(f"where the {name} keeps its data is not known")

    def strike(self, name: str, number: Signals, meanwhile: Callable[[], None]) -> None:
        """Do nothing: its servers are not ours."""
        del number, meanwhile
        raise SettingError(f"the {name} is not ours to restart")

    def _offers(self) -> frozenset[Need]:
        found = {Need.SQLITE if self.store_url.startswith("sqlite") else Need.POSTGRES}
        found |= {Need.LINUX} if sys.platform == "linux" else set()
        found |= {Need.PROCESSES} if self._processes() else set()
        found |= {Need.BROKER} if self.broker_url.startswith("redis") else set()
        return frozenset(found)

    def _processes(self) -> dict[str, int]:
        """Return the processes below this home by name, the newest of each."""
        found: dict[str, int] = {}
        for entry in sorted(PROC.glob("[0-9]*"), key=lambda each: int(each.name)):
            with suppress(OSError):
                role = ROLE.search((entry / "cmdline").read_text("utf-8", "replace"))
                if role and self._is_ours(entry):
                    found[role[1] or role[2]] = int(entry.name)
        return found

    def _is_ours(self, entry: Path) -> bool:
        """Return whether a process has our home, and leads its group as `up` starts them."""
        environ = (entry / "environ").read_bytes().split(b"\0")
        leads = os.getpgid(int(entry.name)) == int(entry.name)
        return leads and f"{PREFIX}HOME={self._home}".encode() in environ


@contextmanager
def target_ground(scenario: Scenario) -> Iterator[Site]:
    """Open a campaign for an hour on the deployment that the settings name."""
    settings = load()
    name = campaign_name(scenario)
    open_one = partial(open_truth, settings, application="chaos")
    with marking(open_one) as mark:
        yield Site(
            arena=TargetArena(settings, name),
            door=open_door(settings, scenario, name, lasting=HOUR),
            open_truth=open_one,
            code_key=code_key(settings),
            shared=True,
            mark=mark,
        )
