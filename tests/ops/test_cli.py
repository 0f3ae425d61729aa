"""The command line: light help, typos forgiven, exit codes that a script can trust."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from fulfiller.ops.cli import SECTIONS, cli
from tests.processes import start

ROOT = Path(__file__).parents[2]
FESTIVAL = str(ROOT / "config/campaigns/spring-festival.toml")
HEAVY = ("sqlmodel", "sqlalchemy", "celery", "kombu", "fastapi", "httpx", "psycopg", "msgspec")
NOBODY = "127.0.0.1:9"
LATER = {"bench"}
"""Commands that are listed and not built yet."""
Run = Callable[..., Result]


def runner(**environ: str) -> Run:
    """Return what runs a command line with these variables."""

    def invoke(*words: str, **more: str) -> Result:
        answer: Result = CliRunner().invoke(cli, words, env=environ | more, prog_name="fulfiller")
        return answer

    return invoke


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Return the path of every command below a group."""
    for name in group.list_commands(click.Context(group)):
        if name in LATER:
            continue
        command = group.get_command(click.Context(group), name)
        yield (*path, name)
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Run commands against an intake that serves the festival, with a key in a file."""
    home = tmp_path_factory.mktemp("service")
    environ = {
        "FULFILLER_HOME": str(home),
        "FULFILLER_BROKER_URL": f"redis://{NOBODY}/0",
        "FULFILLER_API_KEY_FILE": str(home / "key"),
    }
    (home / "key").write_text("none yet")
    run = runner(**environ)
    assert run("store", "upgrade").exit_code == 0
    window = ("--opens", "now", "--closes", "+1d", "--valid", "+30d")
    assert run("campaign", "create", FESTIVAL, *window).exit_code == 0
    (home / "key").write_text(run("key", "create", "shop").stdout)
    server = start(["fulfiller", "intake", "--port", "0"], env=environ, log=home / "intake.log")
    try:
        server.says("ready intake http://", within_s=60)
        url = next(line for line in server.text().splitlines() if line.startswith("ready")).split()
        yield runner(**environ, FULFILLER_API_URL=url[2])
    finally:
        server.kill()


def test_help_is_light() -> None:
    """`fulfiller --help` imports neither SQLModel nor Celery nor FastAPI, and says something."""
    code = (
        "import sys\n"
        "from fulfiller.ops.cli import main\n"
        "try: main()\n"
        "except SystemExit: print(*sys.modules, file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = set(done.stderr.split())
    assert "Examples:" in done.stdout
    assert "fulfiller.ops.cli" in loaded
    assert loaded.isdisjoint(HEAVY)


def test_help_is_grouped_by_who_reads_it(run: Run) -> None:
    """Send, Run and Break: whoever comes finds their part."""
    shown = run("--help").stdout
    assert [title for title in ("Send:", "Run:", "Break:") if title not in shown] == []
    assert list(SECTIONS) == ["Send", "Run", "Break"]


def test_every_command_shows_an_example(run: Run) -> None:
    """Help that shows no example is half a help; and every command can be imported."""
    silent = [
        " ".join(path)
        for path in commands(cli)
        if f"fulfiller {path[0]}" not in run(*path, "--help").stdout.partition("Examples:")[2]
    ]
    assert silent == []


def test_the_version_is_told(run: Run) -> None:
    """`--version` names program and version."""
    assert run("--version").stdout.startswith("fulfiller, version ")


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["campain", "list"], "'campaign'"),
        (["campaign", "lst"], "'list'"),
        (["key", "revok", "x"], "'revoke'"),
    ],
)
def test_a_typo_gets_the_nearest_command(run: Run, words: list[str], meant: str) -> None:
    """A misspelled command is a usage error that names what was probably meant."""
    done = run(*words)
    assert done.exit_code == 2
    assert meant in done.stderr
    assert done.stdout == ""


def test_a_misspelled_setting_is_a_usage_error(run: Run) -> None:
    """The settings' own message reaches stderr in one line, without a traceback."""
    done = run("campaign", "list", FULFILLER_STOR_URL="x")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("Error: FULFILLER_STOR_URL is no setting: did you mean")


def test_a_store_without_tables_names_the_remedy(tmp_path: Path, run: Run) -> None:
    """The first command on a new store says what to run before it."""
    done = run("campaign", "list", FULFILLER_STORE_URL=f"sqlite:///{tmp_path}/new.db")
    assert done.exit_code == 3
    assert "fulfiller store upgrade" in done.stderr


def test_a_store_that_is_away_can_not_be_reached(run: Run) -> None:
    """Nobody listens: exit 3, so that a script may try again later."""
    done = run("status", FULFILLER_STORE_URL=f"postgresql://u:hunter2@{NOBODY}/x")
    assert done.exit_code == 3
    assert "hunter2" not in done.output


def test_a_store_is_created_by_one_command_and_again_by_none(tmp_path: Path, run: Run) -> None:
    """`store upgrade` may be run any number of times."""
    url = f"sqlite:///{tmp_path}/new.db"
    for _ in range(2):
        assert run("store", "upgrade", FULFILLER_STORE_URL=url).exit_code == 0
    assert run("campaign", "list", FULFILLER_STORE_URL=url).exit_code == 0


def test_a_campaign_is_created_listed_and_shown(run: Run) -> None:
    """The shipped file with another window: in the list, and whole in `show --json`."""
    created = run(
        "campaign", "create", FESTIVAL, "--opens", "now", "--closes", "+1d", "--valid", "+30d",
        "--budget", "25000", "--rate", "500/s", "--id", "trial",
    )  # fmt: skip
    assert created.exit_code == 0, created.output
    assert "10 coupons of 25.00 CNY" in created.stderr
    (listed,) = json.loads(run("campaign", "list", "--json").stdout)
    assert (listed["campaign"], listed["phase"], listed["left"]) == ("trial", "active", 25_000)
    shown = json.loads(run("campaign", "show", "trial", "--json").stdout)
    assert shown["terms"]["issuing_rate"] == "500/s"
    assert "trial" in run("campaign", "show", "trial").stdout


def test_a_campaign_is_created_once(run: Run) -> None:
    """The same terms again change nothing; other terms under the same id are refused."""
    words = ("campaign", "create", FESTIVAL)
    assert [run(*words).exit_code for _ in range(2)] == [0, 0]
    other = run(*words, "--budget", "5000")
    assert other.exit_code == 1
    assert "--id" in other.stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--closes", "soon"], "closes_at: 'soon'"),
        (["--budget", "3"], "budget: it does not pay for one coupon"),
        (["--rate", "fast"], "issuing_rate"),
    ],
)
def test_wrong_terms_name_their_field(run: Run, options: list[str], words: str) -> None:
    """A flaw in a file or an option is a usage error with the field's name."""
    done = run("campaign", "create", FESTIVAL, *options)
    assert done.exit_code == 2
    assert words in done.stderr


def test_a_file_that_is_no_toml_is_refused(run: Run, tmp_path: Path) -> None:
    """A broken file ends with its name and a code, not with a traceback."""
    (tmp_path / "broken.toml").write_text("id spring\n")
    done = run("campaign", "create", str(tmp_path / "broken.toml"))
    assert done.exit_code == 2
    assert "broken.toml" in done.stderr


def test_an_unknown_campaign_fails(run: Run) -> None:
    """What is not there is a failed check, with where to look."""
    done = run("campaign", "show", "nowhere")
    assert (done.exit_code, "campaign list" in done.stderr) == (1, True)


def test_a_claim_is_submitted_shown_and_cancelled(service: Run) -> None:
    """The whole way through the HTTP door, with the key from its file."""
    submitted = service("claim", "submit", "spring-festival", "li", "--json")
    assert submitted.exit_code == 0, submitted.output
    claim = json.loads(submitted.stdout)
    assert claim["state"] == "accepted"
    shown = service("claim", "show", claim["claim_id"])
    assert claim["claim_id"] in shown.stdout
    cancelled = service("claim", "cancel", claim["claim_id"], "--json")
    assert json.loads(cancelled.stdout)["state"] == "cancelled"


def test_a_claim_that_waits_in_line_ends_with_four(service: Run) -> None:
    """Its place is kept and it is printed, and a script sees that the campaign is paused."""
    window = ("--opens", "now", "--closes", "+1d", "--valid", "+30d")
    assert service("campaign", "create", FESTIVAL, "--id", "busy", *window).exit_code == 0
    assert service("campaign", "pause", "busy", "--reason", "full").exit_code == 0
    submitted = service("claim", "submit", "busy", "li", "--json")
    assert submitted.exit_code == 4, submitted.output
    claim = json.loads(submitted.stdout)
    assert claim["state"] == "waitlisted"
    why = json.loads(service("claim", "why", claim["claim_id"], "--json").stdout)
    assert (why["state"], why["ahead"], why["ruling"]["cause"]) == ("waitlisted", 0, "full")
    assert service("claim", "show", claim["claim_id"]).exit_code == 0


def test_a_repeated_submit_is_the_same_claim(service: Run) -> None:
    """With its idempotency key a submit may be repeated as often as one likes."""
    words = (
        "claim",
        "submit",
        "spring-festival",
        "wang",
        "--idempotency-key",
        "order-17",
        "--json",
    )
    first, again = (json.loads(service(*words).stdout) for _ in range(2))
    assert first["claim_id"] == again["claim_id"]
    assert again["replayed"]


@pytest.mark.parametrize(
    ("words", "environ", "code"),
    [
        (["claim", "submit", "nowhere", "li"], {}, 1),
        (["claim", "show", "clm_01900000-0000-7000-8000-000000000000"], {}, 1),
        (["claim", "submit", "spring-festival", "li", "--tier", "p9"], {}, 2),
        (["claim", "submit", "spring-festival", "li"], {"FULFILLER_API_KEY_FILE": ""}, 2),
    ],
)
def test_a_refused_claim_ends_with_its_code(
    service: Run, words: list[str], environ: dict[str, str], code: int
) -> None:
    """Refused is 1, misused is 2; each with a line on stderr and nothing on stdout."""
    done = service(*words, **environ)
    assert (done.exit_code, done.stdout) == (code, ""), done.output
    assert done.stderr.startswith("Error: ")


def test_without_a_key_the_remedy_is_named(run: Run) -> None:
    """Whoever has no API key reads which variable to set."""
    done = run("claim", "submit", "spring-festival", "li")
    assert done.exit_code == 2
    assert "FULFILLER_API_KEY" in done.stderr


def test_a_key_is_no_option(service: Run) -> None:
    """Secrets never stand in a command line, where every user of the machine reads them."""
    assert "--api-key" not in service("claim", "submit", "--help").stdout


def test_a_service_that_is_away_can_not_be_reached(run: Run) -> None:
    """Nobody listens at the address: exit 3."""
    done = run("claim", "show", "clm_x", "--url", f"http://{NOBODY}", FULFILLER_API_KEY="ful_a_b")
    assert done.exit_code == 3
    assert NOBODY in done.stderr
