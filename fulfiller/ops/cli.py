"""The command line `fulfiller`: light to start, each command imported when it is called."""

import click

from fulfiller.ops.group import Later, Sections, examples

SECTIONS = {
    "Send": {
        "claim": Later("fulfiller.ops.claims:claim", "Submit, show and cancel claims over HTTP."),
        "campaign": Later(
            "fulfiller.ops.campaigns:campaign", "Create, list, show, steer and extend campaigns."
        ),
        "coupon": Later("fulfiller.ops.coupons:coupon", "See, redeem and revoke coupons."),
        "key": Later("fulfiller.ops.keys:key", "Create, list and revoke API keys."),
    },
    "Run": {
        "demo": Later("fulfiller.ops.demo.command:demo", "See it at work in a minute and a half."),
        "up": Later("fulfiller.ops.supervise.command:up", "Run the whole stack on this machine."),
        "init": Later("fulfiller.ops.initial:init", "Write the shipped files into a folder."),
        "intake": Later("fulfiller.ops.serving:intake", "Take claims in over HTTP."),
        "worker": Later("fulfiller.ops.serving:worker", "Issue coupons: a Celery worker."),
        "keeper": Later("fulfiller.ops.serving:keeper", "Release, sweep and seal; one leads."),
        "flower": Later("fulfiller.ops.flower.command:flower", "Watch the workers in Flower."),
        "store": Later("fulfiller.ops.stores:store", "Create the store or bring it up to date."),
        "pause": Later("fulfiller.ops.steering:pause", "Pause all: newcomers wait in line."),
        "resume": Later("fulfiller.ops.steering:resume", "Resume all: it ramps up by itself."),
        "hold": Later("fulfiller.ops.steering:hold", "Hold all: workers stop issuing."),
        "unhold": Later("fulfiller.ops.steering:unhold", "Unhold all: workers go on issuing."),
        "rate": Later("fulfiller.ops.rating:rate_service", "Show or set how much all issue."),
        "mark": Later("fulfiller.ops.mark:mark", "Mark a moment, such as a deploy, on charts."),
        "token": Later("fulfiller.ops.token:token", "Sign an order for `celery control`."),
        "parked": Later(
            "fulfiller.ops.parked:parked", "See, replay and abandon claims that were parked."
        ),
        "quarantine": Later(
            "fulfiller.ops.quarantine:quarantine", "See messages that no worker could run."
        ),
        "status": Later("fulfiller.ops.status:status", "Show everything on one screen."),
        "doctor": Later("fulfiller.ops.doctor.command:doctor", "Find what is wrong, and mend it."),
        "runbook": Later("fulfiller.ops.runbook:runbook", "Read what to do about an alert."),
        "verify": Later("fulfiller.ops.verify:verify", "Prove that the books balance."),
        "audit": Later("fulfiller.ops.audit:audit", "Who did what, with the log's chain checked."),
    },
    "Break": {
        "chaos": Later("fulfiller.ops.chaos.command:chaos", "Break it on purpose, and judge it."),
        "bench": Later("fulfiller.ops.bench.command:bench", "Measure against plain Celery."),
    },
}


@examples(
    "fulfiller demo",
    "fulfiller up --postgres",
    "fulfiller claim submit spring-festival li",
)
@click.group(
    cls=Sections,
    sections=SECTIONS,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 ok, 1 a check failed, 2 usage, 3 can't reach, 4 paused.",
)
@click.version_option(package_name="fulfiller")
def cli() -> None:
    """Coupon claims accepted durably, issued once, and paused with grace."""


def main() -> None:
    """Run the command line."""
    cli(prog_name="fulfiller")
