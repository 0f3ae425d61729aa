"""Plans and settings: what a stack tells its processes."""

from pathlib import Path

import pytest

from fulfiller.ops.supervise.plan import EMBEDDED, POSTGRES, Plan, from_settings, settled, urls
from fulfiller.ops.supervise.programs import environ
from fulfiller.settings import load, variables


def test_settings_survive_the_way_to_another_process(tmp_path: Path) -> None:
    """Said as variables and read again, they are the same, secrets included."""
    settings = load({"FULFILLER_HOME": str(tmp_path), "FULFILLER_WORKER_SLOTS": "7"})
    assert load(variables(settings)) == settings


def test_what_a_user_sets_is_kept_and_the_rest_is_embedded(tmp_path: Path) -> None:
    """A broker or store of the user's own is used; without one, an embedded one."""
    home = {"FULFILLER_HOME": str(tmp_path)}
    plain = from_settings(load(home), postgres=False, workers=1)
    assert (plain.broker, plain.intake_port, plain.flower_port) == (EMBEDDED, 8080, 5555)
    assert plain.store == f"sqlite:///{tmp_path}/fulfiller.db"
    theirs = load({**home, "FULFILLER_BROKER_URL": "redis://elsewhere:6379/3"})
    assert from_settings(theirs, postgres=True, workers=1).broker == "redis://elsewhere:6379/3"
    assert from_settings(theirs, postgres=True, workers=1).store == POSTGRES


def test_free_ports_are_chosen_once_for_all(tmp_path: Path) -> None:
    """Every process hears of the same doors."""
    settings = settled(tmp_path, Plan(), store_url="sqlite:////s.db", broker_url="redis://b:1/0")
    doors = urls(settings)
    assert doors.docs == f"{doors.intake}/docs"
    assert settings.api_url == doors.intake
    assert settings.intake_port != settings.flower_port


def test_only_our_own_settings_reach_the_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stands in our environment is replaced, and everything else passed on."""
    monkeypatch.setenv("FULFILLER_STORE_URL_FILE", "/somewhere")
    monkeypatch.setenv("PYTHONWARNINGS", "default")
    settings = settled(tmp_path, Plan(), store_url="sqlite:////s.db", broker_url="redis://b:1/0")
    shared = environ(settings)
    assert "FULFILLER_STORE_URL_FILE" not in shared
    assert shared["FULFILLER_STORE_URL"] == "sqlite:////s.db"
    assert shared["PYTHONWARNINGS"].startswith("default,ignore:You're running the worker")
    assert "PATH" in shared
