"""The shipped settings file: made from the settings, each with default, unit and sentence."""

import tomllib
from pathlib import Path

import pytest

from fulfiller.domain.error import SettingError
from fulfiller.ops.knobs import ABOUT, text
from fulfiller.ops.shipped import shipped
from fulfiller.settings import defaults, load


def test_the_shipped_file_is_made_from_the_settings() -> None:
    """Who adds or changes a setting is told the command that writes the file anew."""
    stands = shipped("fulfiller.toml").read_text("utf-8")
    assert stands == text(), "run: python -m fulfiller.ops.knobs"


def test_every_setting_has_a_sentence_and_every_number_a_unit() -> None:
    """Nobody has to guess what a knob does, or in what it counts; none is described in vain."""
    known = defaults()
    assert ABOUT.keys() == known.keys()
    assert [name for name, knob in ABOUT.items() if not knob.about.endswith(".")] == []
    assert {name for name, knob in ABOUT.items() if knob.unit} == {
        name for name, default in known.items() if isinstance(default, int)
    }


def test_the_file_says_the_defaults(tmp_path: Path) -> None:
    """Loaded as it is, it changes nothing."""
    bare = {"FULFILLER_HOME": str(tmp_path)}
    file = {"FULFILLER_CONFIG": str(shipped("fulfiller.toml"))}
    assert load(bare | file) == load(bare)


def test_any_misspelled_key_is_refused_with_the_one_that_was_meant(tmp_path: Path) -> None:
    """Each key of the file with a letter missing, in its table: the right one is named."""
    for table, members in tomllib.loads(text()).items():
        whole = members if isinstance(members, dict) else {table: members}
        for name in whole:
            wrong = f"{name[:-2]}{name[-1]}" if len(name) > 2 else name + "x"
            head = f"[{table}]\n" if whole is members else ""
            (tmp_path / "fulfiller.toml").write_text(f"{head}{wrong} = 1\n")
            right = f"{table}_{name}" if head else name
            with pytest.raises(SettingError) as refused:
                load({"FULFILLER_HOME": str(tmp_path)})
            assert f"did you mean FULFILLER_{right.upper()}?" in str(refused.value)
