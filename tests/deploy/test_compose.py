"""compose.yaml against its schema, our command line, our settings, and what it mounts."""

import re
import subprocess
import sys
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml  # type: ignore[import-untyped]
from click.testing import CliRunner

from fulfiller.broker.app import celery_app
from fulfiller.ops.cli import cli
from fulfiller.settings import load
from fulfiller.store.discretion import DISCREET
from fulfiller.store.endurance import ENDURING
from tests.deploy.compose import COMPOSE, OURS, ROOT, SECRET, environment, probe

ALL = (*OURS, "store", "broker", "prometheus", "grafana")
SERVING = tuple(name for name in ALL if name != "upgrade")
SPARE_S = 10
"""What a worker needs beyond its soft shutdown, to give back what it could not finish."""


def test_it_follows_the_compose_schema() -> None:
    """Compose would accept the file."""
    schema = ("--builtin-schema", "vendor.compose-spec")
    argv = (sys.executable, "-m", "check_jsonschema", *schema, str(COMPOSE))
    checked = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


def test_each_service_is_known_here(services: dict[str, Any]) -> None:
    """What is asked of every service below is asked of all there are."""
    assert set(services) == set(ALL)


@pytest.mark.parametrize("name", OURS)
def test_each_command_is_one_of_ours(services: dict[str, Any], name: str) -> None:
    """What compose starts exists on the command line."""
    program, *words = services[name]["command"]
    assert program == "fulfiller"
    assert CliRunner().invoke(cli, [*words, "--help"]).exit_code == 0


def test_each_variable_is_a_setting(services: dict[str, Any]) -> None:
    """No service is given a name that settings would refuse, or a value out of range."""
    for name in OURS:
        load(environment(services[name]))


def test_each_mounted_file_is_shipped(services: dict[str, Any]) -> None:
    """What is mounted from the folder beside the file is there, and can't be written to."""
    mounts = [mount for service in services.values() for mount in service.get("volumes", ())]
    files = [mount.split(":") for mount in mounts if mount.startswith("./")]
    assert files
    assert [file for file, *_ in files if not (ROOT / file).is_file()] == []
    assert [mode for *_, mode in files if mode != "ro"] == []


def test_each_volume_and_secret_is_declared_and_used(services: dict[str, Any]) -> None:
    """Nothing is mounted that the file does not declare, and nothing declared for nobody."""
    whole = yaml.safe_load(COMPOSE.read_text("utf-8"))
    mounts = [mount for service in services.values() for mount in service.get("volumes", ())]
    assert {mount.split(":")[0] for mount in mounts if mount[0] != "."} == set(whole["volumes"])
    secrets = {name for service in services.values() for name in service.get("secrets", ())}
    assert secrets == set(whole["secrets"])
    head = COMPOSE.read_text("utf-8").partition("\nname:")[0]
    assert [name for name in secrets if name not in head] == [], "the head says what to put there"


def test_profiles_hold_together(services: dict[str, Any]) -> None:
    """Ours and the servers are `core`; what watches is `observability`; no need goes unmet."""
    profiles = {name: service["profiles"] for name, service in services.items()}
    watching = {name for name, held in profiles.items() if held == ["observability"]}
    assert watching == {"prometheus", "grafana"}
    assert {name for name, held in profiles.items() if held == ["core"]} == set(ALL) - watching
    for name, service in services.items():
        for needed in service.get("depends_on", ()):
            assert profiles[needed] == profiles[name]


def test_doors_listen_on_loopback_alone(services: dict[str, Any]) -> None:
    """Nothing of ours is reachable from outside before somebody decides so."""
    ports = [port for service in services.values() for port in service.get("ports", ())]
    assert ports
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


@pytest.mark.parametrize("name", ALL)
def test_a_container_owns_little(services: dict[str, Any], name: str) -> None:
    """It can't write to its image or gain rights, and runs as nobody special."""
    service = services[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "/tmp" in service["tmpfs"]
    assert service["user"] not in ("", "root", "0")
    assert not service.get("privileged")


def test_our_image_has_the_user_that_it_is_run_as(services: dict[str, Any]) -> None:
    """The Dockerfile makes it, and runs as it even where compose is not there to say so."""
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
    for name in OURS:
        assert re.search(rf"^USER {services[name]['user']}$", dockerfile, re.MULTILINE)
    assert "useradd --system" in dockerfile


@pytest.mark.parametrize("name", SERVING)
def test_whatever_goes_on_running_says_how_it_is(services: dict[str, Any], name: str) -> None:
    """Each has a health check that ends before the next begins, at its own door."""
    check = services[name]["healthcheck"]
    argv = probe(services[name])
    assert argv[0] in ("celery", "fulfiller", "pg_isready", "python", "sh", "valkey-cli", "wget")
    assert 0 < _seconds(check["timeout"]) < _seconds(check["interval"])
    ports = [port.rpartition(":")[2] for port in services[name].get("ports", ())]
    for url in re.findall(r"http://[^'\"\s]+", " ".join(argv)):
        assert (urlsplit(url).hostname, str(urlsplit(url).port)) == ("127.0.0.1", *ports)


def test_a_worker_may_finish_what_it_has_in_hand(services: dict[str, Any]) -> None:
    """The stop grace is longer than the soft shutdown that Celery is really set to."""
    given = environment(services["worker"])
    soft_s = celery_app(load(given).broker_url).conf.worker_soft_shutdown_timeout
    assert soft_s > 0
    assert _seconds(services["worker"]["stop_grace_period"]) >= soft_s + SPARE_S


def test_what_a_queue_holds_is_never_evicted(services: dict[str, Any]) -> None:
    """The broker refuses when it is full, and keeps an append-only file."""
    command = " ".join(services["broker"]["command"])
    assert "--maxmemory-policy noeviction" in command
    assert "--appendonly yes" in command


def test_the_log_of_the_store_names_nobody(services: dict[str, Any]) -> None:
    """PostgreSQL is started with every setting that the doctor asks of it."""
    command = " ".join(services["store"]["command"])
    assert [n for n, value in DISCREET.items() if f"-c {n}={value}" not in command] == []


def test_the_store_is_set_for_millions_of_claims(services: dict[str, Any]) -> None:
    """PostgreSQL has the room, the checkpoints and the vacuum that the doctor asks of it."""
    command = " ".join(services["store"]["command"])
    assert [n for n, value in ENDURING.items() if f"-c {n}={value}" not in command] == []


def test_prometheus_accepts_what_it_is_given(promtool: str) -> None:
    """Its own judge reads the file; the secret that it names is there only in its container."""
    argv = (promtool, "check", "config", "--syntax-only", str(ROOT / "config/prometheus.yml"))
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_prometheus_and_grafana_find_what_they_read(services: dict[str, Any]) -> None:
    """Each target is a service at its port, each secret one that the service is given."""
    config = yaml.safe_load((ROOT / "config/prometheus.yml").read_text("utf-8"))
    (job,) = config["scrape_configs"]
    targets = [target for static in job["static_configs"] for target in static["targets"]]
    sources = yaml.safe_load((ROOT / "config/grafana/datasource.yml").read_text("utf-8"))
    targets += [urlsplit(source["url"]).netloc for source in sources["datasources"]]
    assert len(targets) == 2
    for target in targets:
        name, _, port = target.partition(":")
        assert services[name]["ports"] == [f"127.0.0.1:{port}:{port}"]
    secret = job["authorization"]["credentials_file"].removeprefix("/run/secrets/")
    assert secret in services["prometheus"]["secrets"]


def test_blanks_are_filled(services: dict[str, Any]) -> None:
    """The file fills no secret by itself: whoever starts it must say them."""
    assert SECRET in environment(services["intake"])["FULFILLER_SECRET"]
    text = COMPOSE.read_text("utf-8")
    assert [b for b in re.findall(r"\$\{([^}]*)\}", text) if ":?" not in b] == []


def _seconds(said: str) -> int:
    return int(said.removesuffix("s"))
