"""A campaign's own words from the command line: proofread, previewed, set and taken back."""

import json
import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from fulfiller.domain.patience import Situation
from fulfiller.ops.cli import cli

FESTIVAL = Path(__file__).parents[2] / "config/campaigns/spring-festival.toml"
NAME = "spring-festival"
LANGUAGES = ["ar", "en", "zh-Hans", "zh-Hant"]
OWN = "We pause for lanterns."
WORDS = f"""
[en.opening]
paused = "{OWN}"
[zh-Hans.when]
since = "自{{moment}}起。"
"""
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, sqlite_url: str) -> Run:
    """Run a command on a store that has the festival."""
    environ = {"FULFILLER_HOME": str(tmp_path), "FULFILLER_STORE_URL": sqlite_url}

    def invoke(*words: str) -> Result:
        return CliRunner().invoke(cli, words, env=environ, prog_name="fulfiller")

    assert invoke("campaign", "create", str(FESTIVAL)).exit_code == 0
    return invoke


@pytest.fixture
def file(tmp_path: Path) -> str:
    """A file of words."""
    path = tmp_path / "words.toml"
    path.write_text(WORDS)
    return str(path)


def _patience(run: Run, *words: str) -> Result:
    return run("campaign", "patience", NAME, *words)


def _own(run: Run) -> object:
    return json.loads(_patience(run, "--json").stdout)["patience"]


def _messages(run: Run, *words: str) -> list[dict[str, str]]:
    done = _patience(run, "--preview", "--json", *words)
    assert done.exit_code == 0, done.output
    messages: list[dict[str, str]] = json.loads(done.stdout)["messages"]
    return messages


def test_words_are_set_shown_and_taken_back(run: Run, file: str, tmp_path: Path) -> None:
    """What is printed is a file of words again; the second time nothing is written."""
    assert "as shipped" in _patience(run).stdout
    first, again = (json.loads(_patience(run, "--set", file, "--json").stdout) for _ in range(2))
    assert first["rows_written"] == {"campaign": 1, "event": 1}
    assert again["rows_written"] == {"campaign": 0, "event": 0}
    assert _own(run) == first["patience"] == again["patience"] == tomllib.loads(WORDS)
    printed = tmp_path / "printed.toml"
    printed.write_text(_patience(run).stdout)
    assert tomllib.loads(printed.read_text()) == tomllib.loads(WORDS)
    assert "was so already" in _patience(run, "--set", str(printed)).stderr
    assert _patience(run, "--clear").exit_code == 0
    assert _own(run) == {}
    verified = run("verify")
    assert verified.exit_code == 0, verified.output


def test_a_preview_shows_every_situation_in_every_language(run: Run, file: str) -> None:
    """With its own words where it has some, and no hole left unfilled."""
    shipped = _messages(run)
    assert _patience(run, "--set", file).exit_code == 0
    own = _messages(run)
    for messages in (shipped, own):
        assert sorted({one["language"] for one in messages}) == LANGUAGES
        assert {one["situation"] for one in messages} == set(Situation)
        assert not any(re.search(r"[{}]", one["message"]) for one in messages)
    changed = {new["language"] for old, new in zip(shipped, own, strict=True) if old != new}
    assert changed == {"en", "zh-Hans"}
    said = [one["message"] for one in own if one["situation"] == "paused"]
    assert sum(message.startswith(OWN) for message in said) == 1
    text = _patience(run, "--preview").stdout
    assert all(one["message"] in text for one in own)


@pytest.mark.parametrize("language", ["zh-Hans", "zh-CN", "zh"])
def test_a_preview_is_what_a_reader_of_this_language_gets(run: Run, language: str) -> None:
    """Whoever wishes something near is read to from the nearest book."""
    assert {one["language"] for one in _messages(run, "--language", language)} == {"zh-Hans"}


def test_words_can_be_previewed_before_they_are_set(run: Run, file: str) -> None:
    """Nothing is written by looking, neither at new words nor at none."""
    assert any(OWN in one["message"] for one in _messages(run, "--set", file))
    assert _own(run) == {}
    assert _patience(run, "--set", file).exit_code == 0
    assert not any(OWN in one["message"] for one in _messages(run, "--clear"))
    assert _own(run) != {}


@pytest.mark.parametrize(
    ("flawed", "says"),
    [
        (
            '[zh-Hans.wait]\nbetween = "{low}"',
            r"words\.toml: zh-Hans\.wait\.between: \{high\} is missing, put it in",
        ),
        (
            '[en.valid]\nthrough = "Until {moment}."',
            r"words\.toml: en\.valid\.through: \{moment\} is unknown here, it takes \{date\}",
        ),
        (
            '[en.opening]\npausd = "Wait."',
            r"words\.toml: en\.opening\.pausd: .*did you mean opening\.paused\?",
        ),
        ('[fr.opening]\npaused = "Un instant."', r"words\.toml: fr: there is no book.*ar, en"),
        ("[en.opening]\npaused = 3", r"words\.toml: en\.opening\.paused: it is no text"),
        ('en = "Wait."', r"words\.toml: en: write tables such as \[en\.opening\]"),
        ("[en]", r"words\.toml holds no phrase.*--clear"),
        ("[en", r"words\.toml can't be read as TOML"),
    ],
)
def test_a_flaw_is_named_with_its_place_and_remedy(
    run: Run, tmp_path: Path, flawed: str, says: str
) -> None:
    """File, language, phrase, placeholder, and what to do; nothing is written, all or nothing."""
    fine = "" if flawed in ("[en]", "[en", 'en = "Wait."') else '[ar.opening]\npaused = "x"\n'
    (tmp_path / "words.toml").write_text(fine + flawed)
    done = _patience(run, "--set", str(tmp_path / "words.toml"))
    assert (done.exit_code, done.stdout) == (2, "")
    assert re.search(says, done.stderr), done.stderr
    assert _own(run) == {}


@pytest.mark.parametrize(
    ("words", "exit_code", "says"),
    [
        ((NAME, "--language", "en"), 2, "add --preview"),
        ((NAME, "--clear", "--set", str(FESTIVAL)), 2, "leave one out"),
        ((NAME, "--preview", "--language", "fr"), 2, "there are ar, en, zh-Hans, zh-Hant"),
        ((NAME, "--set", "nowhere.toml"), 2, "nowhere.toml"),
        (("nowhere",), 1, "campaign list"),
        (("nowhere", "--clear"), 1, "campaign list"),
    ],
)
def test_what_makes_no_sense_is_refused(
    run: Run, words: tuple[str, ...], exit_code: int, says: str
) -> None:
    """With what to do instead."""
    done = run("campaign", "patience", *words)
    assert (done.exit_code, done.stdout) == (exit_code, ""), done.output
    assert says in done.stderr


def test_a_campaign_is_proofread_when_it_is_created(run: Run, tmp_path: Path) -> None:
    """A wording that lacks what people have to be told never gets into the store."""
    path = tmp_path / "festival.toml"
    tables = '\n[patience.en.valid]\nthrough = "Until {moment}."\n'
    path.write_text(FESTIVAL.read_text() + tables)
    words = ("campaign", "create", str(path), "--id", "worded")
    done = run(*words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "festival.toml: patience.en.valid.through: {moment} is unknown here" in done.stderr
    assert run("campaign", "patience", "worded").exit_code == 1
    path.write_text(path.read_text().replace("{moment}", "{date}"))
    assert run(*words).exit_code == 0
    shown = run("campaign", "patience", "worded").stdout
    assert shown == 'en.valid.through = "Until {date}."\n'
