"""The command that finds what is wrong and prints what mends it."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import click

from fulfiller.broker.checkup import TESTED, UNTESTED
from fulfiller.ops.doctor import machine, ports, servers, staff
from fulfiller.ops.doctor.finding import Finding, State, verdict
from fulfiller.ops.group import examples
from fulfiller.ops.show import json_option, show
from fulfiller.settings import Settings, load
from fulfiller.wiring import deployment, open_broker, open_truth

READ = "fulfiller runbook"
COLORS = {State.OK: "green", State.WARNING: "yellow", State.FAILED: "red", State.AWAY: "red"}


@examples("fulfiller doctor", "fulfiller doctor --json | jq -r '.[].mend | values'")
@click.command()
@json_option
@click.pass_context
def doctor(ctx: click.Context, *, as_json: bool) -> None:
    """Find what is wrong and print the command that mends it.

    Exit 1 if something is wrong, 3 if the store or the broker does not answer.
    """
    findings = examine(load())
    show([asdict(finding) for finding in findings], _text(findings), as_json=as_json)
    ctx.exit(verdict(findings))


def examine(settings: Settings) -> list[Finding]:
    """Run every check, from this machine outwards."""
    file = settings.store_url.removeprefix(servers.SQLITE)
    store_file = Path(file) if file != settings.store_url else None
    folders = {settings.home, store_file.parent if store_file else settings.home}
    with (
        closing(open_truth(settings, application="doctor")) as store,
        closing(open_broker(settings)) as queue,
    ):
        stored = servers.store(settings.store_url)
        sound = all(finding.state is State.OK for finding in stored)
        return [
            machine.python(),
            machine.settings(settings),
            *map(machine.disk, sorted(folders)),
            machine.secrets(settings.home, store_file),
            ports.port("intake", settings.intake_host, settings.intake_port),
            ports.port("flower", settings.flower_host, settings.flower_port),
            *stored,
            *([servers.clock(store)] if sound else []),
            *servers.broker(queue, settings.broker_url, deployment(settings)),
            *([*staff.keeper(store), *staff.workers(store)] if sound else []),
        ]


def _text(findings: Sequence[Finding]) -> str:
    width = max(len(finding.check) for finding in findings)
    lines = [line for finding in findings for line in _lines(finding, width)]
    wrong = sum(finding.state in (State.FAILED, State.AWAY) for finding in findings)
    said = f"{wrong} of {len(findings)} checks failed." if wrong else "Nothing is wrong."
    return "\n".join([*lines, "", said, f"Brokers tested: {TESTED}.", f"{UNTESTED}."])


def _lines(finding: Finding, width: int) -> list[str]:
    state = click.style(f"{finding.state:<7}", fg=COLORS[finding.state])
    first = f"{state}  {finding.check:<{width}}  {finding.detail}"
    more = [finding.mend, finding.runbook and f"{READ} {finding.runbook}"]
    return [first, *(f"{'':{width + 11}}{each}" for each in more if each)]
