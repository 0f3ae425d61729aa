"""Settings: where they come from, what is refused, and what the refusal says."""

import stat
import tomllib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from fulfiller.domain.error import SettingError
from fulfiller.settings import Settings, defaults, kept, load, root_secret, variables

ROOT = Path(__file__).parents[1]


def loaded(home: Path, **environ: str) -> Settings:
    """Return the settings of a process with this home and these variables."""
    return load({"FULFILLER_HOME": str(home), **environ})


def refusal(home: Path, **environ: str) -> str:
    """Return what a process with these variables is told."""
    with pytest.raises(SettingError) as refused:
        loaded(home, **environ)
    return str(refused.value)


def test_defaults_need_nothing_but_a_home(tmp_path: Path) -> None:
    """A trial runs on SQLite in the home, on loopback."""
    settings = loaded(tmp_path)
    assert settings.store_url == f"sqlite:///{tmp_path}/fulfiller.db"
    assert (settings.intake_host, settings.intake_port) == ("127.0.0.1", 8080)


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    """What stands in the home's file is a default that a variable overrides."""
    (tmp_path / "fulfiller.toml").write_text("[intake]\nport = 9001\nhost = '::1'\n")
    settings = loaded(tmp_path, FULFILLER_INTAKE_PORT="9002")
    assert (settings.intake_port, settings.intake_host) == (9002, "::1")


def test_a_named_file_is_read_and_must_exist(tmp_path: Path) -> None:
    """FULFILLER_CONFIG names the file; a name that leads nowhere is no silent default."""
    file = tmp_path / "elsewhere.toml"
    file.write_text("worker_slots = 7\n")
    assert loaded(tmp_path, FULFILLER_CONFIG=str(file)).worker_slots == 7
    assert "no.toml" in refusal(tmp_path, FULFILLER_CONFIG=str(tmp_path / "no.toml"))


def test_groups_may_be_set_off_by_two_underscores(tmp_path: Path) -> None:
    """`FULFILLER_INTAKE__PORT` is the port of the intake, as in the file's table."""
    assert loaded(tmp_path, FULFILLER_INTAKE__PORT="9003").intake_port == 9003


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"FULFILLER_STOR_URL": "x"}, ["FULFILLER_STOR_URL", "did you mean FULFILLER_STORE_URL?"]),
        ({"FULFILLER_QQQ": "x"}, ["FULFILLER_QQQ is no setting", "unset it"]),
        ({"FULFILLER_INTAKE_PORT": "http"}, ["FULFILLER_INTAKE_PORT", "'http'", "such as 8080"]),
        ({"FULFILLER_FLOWER_PORT": "70000"}, ["FULFILLER_FLOWER_PORT", "70000", "1 to 65535"]),
        ({"FULFILLER_STORE_URL": "mysql://x"}, ["FULFILLER_STORE_URL", "postgresql://"]),
        ({"FULFILLER_BROKER_URL": "http://x"}, ["FULFILLER_BROKER_URL", "redis://"]),
        ({"FULFILLER_GROUP_MAX": "0"}, ["FULFILLER_GROUP_MAX", "1 to 1000"]),
        ({"FULFILLER_STORE_URL": "memory://"}, ["FULFILLER_STORE_URL", "sqlite:////"]),
        ({"FULFILLER_WORKER_SLOTS": "0"}, ["FULFILLER_WORKER_SLOTS", "1 to 256"]),
        ({"FULFILLER_INTAKE_NICE": "-1"}, ["FULFILLER_INTAKE_NICE", "0 to 19"]),
        ({"FULFILLER_DOOR_USER_RATE": "5/d"}, ["FULFILLER_DOOR_USER_RATE", "5/s or 200/h"]),
        ({"FULFILLER_DOOR_ACCOUNT_RATE": "0/s"}, ["FULFILLER_DOOR_ACCOUNT_RATE", "nothing"]),
        ({"FULFILLER_DOOR_ADDRESS_BURST": "0"}, ["FULFILLER_DOOR_ADDRESS_BURST", "1 to 1000000"]),
        ({"FULFILLER_INTAKE_PROXIES": "10.0.0.1, lb"}, ["FULFILLER_INTAKE_PROXIES", "10.0.0.0/8"]),
        ({"FULFILLER_LOG_LEVEL": "loud"}, ["FULFILLER_LOG_LEVEL", "warning"]),
        ({"FULFILLER_API_URL": "ftp://x"}, ["FULFILLER_API_URL", "http://"]),
        ({"FULFILLER_SECRET": "short"}, ["FULFILLER_SECRET", "16 characters"]),
        ({"FULFILLER_SECRET_FILE": "/no/such"}, ["FULFILLER_SECRET_FILE", "/no/such"]),
        (
            {"FULFILLER_INTAKE_PORT": "1", "FULFILLER_INTAKE__PORT": "2"},
            ["FULFILLER_INTAKE_PORT", "FULFILLER_INTAKE__PORT", "keep one"],
        ),
    ],
)
def test_a_refusal_names_the_setting_and_the_remedy(
    environ: Mapping[str, str], words: list[str], tmp_path: Path
) -> None:
    """Whoever mistyped a setting reads which one it is, and what would do."""
    said = refusal(tmp_path, **environ)
    assert [word for word in words if word not in said] == [], said


def test_a_typo_in_the_file_is_refused_too(tmp_path: Path) -> None:
    """The file is held to the same names as the environment."""
    (tmp_path / "fulfiller.toml").write_text("[intake]\nprot = 1\n")
    said = refusal(tmp_path)
    assert "intake_prot" in said
    assert "FULFILLER_INTAKE_PORT" in said


def test_a_file_that_is_no_toml_is_named(tmp_path: Path) -> None:
    """A broken file is an error with its path, not a crash."""
    (tmp_path / "fulfiller.toml").write_text("intake port 3\n")
    assert "fulfiller.toml" in refusal(tmp_path)


@pytest.mark.parametrize("name", ["secret", "store_url", "broker_url", "api_key"])
def test_secrets_may_lie_in_files(name: str, tmp_path: Path) -> None:
    """`..._FILE` reads the value from a file, without the line's end."""
    text = {"store_url": "postgresql://u:p@db/x", "broker_url": "redis://:p@b/0"}
    value = text.get(name, "a secret of many letters")
    (tmp_path / "it").write_text(value + "\n")
    settings = loaded(tmp_path, **{f"FULFILLER_{name.upper()}_FILE": str(tmp_path / "it")})
    assert getattr(settings, name) == value


def test_a_secret_has_one_source(tmp_path: Path) -> None:
    """A secret and its file at once are refused: one of the two would be silently wrong."""
    (tmp_path / "it").write_text("x" * 20)
    environ = {"FULFILLER_SECRET": "y" * 20, "FULFILLER_SECRET_FILE": str(tmp_path / "it")}
    assert "keep one" in refusal(tmp_path, **environ)


def test_an_empty_secret_file_is_refused(tmp_path: Path) -> None:
    """A file that was not filled must not become an empty key."""
    (tmp_path / "it").write_text("\n")
    assert "empty" in refusal(tmp_path, FULFILLER_SECRET_FILE=str(tmp_path / "it"))


def test_the_secret_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    """The first start makes FULFILLER_HOME/secret with mode 0600; later ones read it."""
    home = tmp_path / "new"
    first = loaded(home).secret
    mode = stat.S_IMODE((home / "secret").stat().st_mode)
    assert mode == 0o600
    assert len(first) >= 43
    assert loaded(home).secret == first
    assert [file.name for file in home.iterdir()] == ["secret"]


def test_processes_that_start_together_agree_on_the_secret(tmp_path: Path) -> None:
    """A new home and eight starts at once: one secret, and nobody reads half of it."""
    together = Barrier(8)

    def fresh() -> str:
        together.wait()
        return root_secret()

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: kept(tmp_path / "deep/secret", fresh), range(8)))
    assert len(set(found)) == 1
    assert [file.name for file in (tmp_path / "deep").iterdir()] == ["secret"]


def test_a_home_that_can_not_be_written_names_the_remedy(tmp_path: Path) -> None:
    """Where no secret can be kept, the message says which setting to change."""
    (tmp_path / "file").write_text("")
    assert "FULFILLER_HOME" in refusal(tmp_path / "file" / "home")


def test_a_client_needs_no_secret_and_leaves_nothing(tmp_path: Path) -> None:
    """Sending claims from another machine must not make keys there."""
    settings = load({"FULFILLER_HOME": str(tmp_path / "home")}, client=True)
    assert settings.secret == ""
    assert not (tmp_path / "home").exists()


def test_secrets_do_not_show(tmp_path: Path) -> None:
    """What may carry a password stays out of the settings' own text, and of refusals."""
    url, word = "postgresql://u:hunter2@db/x", "hunter2-and-more-of-it"
    settings = loaded(
        tmp_path, FULFILLER_STORE_URL=url, FULFILLER_SECRET=word, FULFILLER_API_KEY=word
    )
    assert "hunter2" not in repr(settings)
    assert "hunter2" not in refusal(tmp_path, FULFILLER_STORE_URL="mysql://u:hunter2@db/x")


def test_settings_survive_the_way_to_another_process(tmp_path: Path) -> None:
    """A supervisor hands its settings on as variables, and they mean the same there."""
    settings = loaded(tmp_path, FULFILLER_INTAKE_PORT="9004", FULFILLER_API_KEY="k")
    assert load(variables(settings)) == settings


def test_the_shipped_file_states_the_defaults() -> None:
    """`config/fulfiller.toml` names every setting that has a default, with that default."""
    text = (ROOT / "config/fulfiller.toml").read_text("utf-8")
    stated = {
        f"{group}_{name}" if isinstance(group, str) else name: value
        for group, table in _tables(tomllib.loads(text))
        for name, value in table.items()
    }
    assert stated == defaults()


def _tables(tree: Mapping[str, object]) -> list[tuple[str | None, Mapping[str, object]]]:
    groups = [(name, part) for name, part in tree.items() if isinstance(part, Mapping)]
    rest = {name: value for name, value in tree.items() if not isinstance(value, Mapping)}
    return [(None, rest), *groups]
