"""Opening a store: by its URL, without touching anything, and with words when it can't be."""

from collections.abc import Callable
from pathlib import Path

import pytest

from fulfiller.domain.error import SettingError, StoreUnavailable
from fulfiller.store.opening import open_store
from fulfiller.store.sqlstore import SqlStore
from tests.contract.world import ask, request

STEPS: dict[str, Callable[[SqlStore], object]] = {
    "reading": lambda store: store.now(),
    "writing": lambda store: store.announce("a", 1, ttl_s=1),
    "taking": lambda store: store.take([], ()).__enter__(),
    "asking": lambda store: ask(store, request("li")),
    "modes": lambda store: store.modes(),
    "adding": lambda store: store.add_account("shop", at=0),
}


@pytest.mark.parametrize(
    "url",
    ["mysql://u:secret@host/db", "sqlite://relative.db", "sqlite:///", "postgres", "", "/a/b.db"],
)
def test_an_unfit_url_is_told_what_would_fit(url: str) -> None:
    """The message shows both forms, and never a password."""
    with pytest.raises(SettingError, match="postgresql://user") as unfit:
        open_store(url)
    assert "secret" not in str(unfit.value)


@pytest.mark.parametrize("step", STEPS)
def test_a_file_that_can_not_be_opened_is_a_store_that_is_away(step: str, tmp_path: Path) -> None:
    """Callers know one fault for a store that does not answer, whatever the reason."""
    store = open_store(f"sqlite:///{tmp_path}/nowhere/store.db")
    with pytest.raises(StoreUnavailable, match=r"SQLite|unable"):
        STEPS[step](store)
    store.close()
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("step", STEPS)
def test_a_server_that_is_not_there_is_a_store_that_is_away(step: str) -> None:
    """A refused connection is told at once, over the link and over the engine."""
    store = open_store("postgresql://nobody:secret@127.0.0.1:1/nothing")
    with pytest.raises(StoreUnavailable) as away:
        STEPS[step](store)
    assert "secret" not in str(away.value)
    store.close()


def test_opening_connects_to_nothing(tmp_path: Path) -> None:
    """A store is opened when it is first asked."""
    store = open_store(f"sqlite:///{tmp_path}/store.db")
    store.close()
    assert list(tmp_path.iterdir()) == []
