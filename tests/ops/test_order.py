"""Signed orders: what one token carries is what was signed, whole, for minutes, or nothing."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import Result

from fulfiller.domain.mode import SERVICE
from fulfiller.ops.order import GOOD_FOR, Flaw, Order, read, signed
from fulfiller.ops.person import operator
from fulfiller.settings import load
from fulfiller.store.opening import open_store
from fulfiller.store.sqlstore import SqlStore
from fulfiller.wiring import ops_key
from tests.contract.world import START, found
from tests.ops.test_cli import runner

Run = Callable[..., Result]
KEY = b"a key of many bytes"
ORDER = Order(
    id="7",
    verb="pause",
    scope="festival",
    reason="店铺都满了",
    actor="operator:li",
    issued_at=START,
    expires_at=START + GOOD_FOR,
)


@pytest.fixture
def environ(tmp_path: Path, sqlite_url: str) -> dict[str, str]:
    """Settings of a store of this test's own."""
    return {
        "FULFILLER_HOME": str(tmp_path),
        "FULFILLER_STORE_URL": sqlite_url,
        "FULFILLER_SECRET": "a secret for tests that is long enough",
    }


@pytest.fixture
def run(environ: dict[str, str]) -> Run:
    """Run a command with these settings."""
    return runner(**environ)


@pytest.fixture
def store(sqlite_url: str) -> Iterator[SqlStore]:
    """The same store, with a campaign in it."""
    with closing(open_store(sqlite_url, application="test")) as opened:
        found(opened)
        yield opened


def test_an_order_is_read_as_it_was_signed() -> None:
    """To its last microsecond, and not after."""
    token = signed(ORDER, KEY)
    assert read(f"{token}\n", KEY, now=START) == ORDER
    assert read(token, KEY, now=ORDER.expires_at - 1) == ORDER
    assert read(token, KEY, now=ORDER.expires_at) is Flaw.EXPIRED


def test_no_symbol_of_a_token_can_be_altered() -> None:
    """Whatever symbol is another one, the token is good for nothing."""
    token = signed(ORDER, KEY)
    for at, symbol in enumerate(token):
        altered = f"{token[:at]}{'A' if symbol != 'A' else 'B'}{token[at + 1 :]}"
        assert isinstance(read(altered, KEY, now=START), Flaw), at
    assert read(token, b"another key", now=START) is Flaw.FORGED


@pytest.mark.parametrize("text", ["", "pause", "a.b.c", "ful-order-1..", "全", "x" * 100_000])
def test_what_is_no_token_is_said_to_be_none(text: str) -> None:
    """Anything may come through a broker."""
    assert read(text, KEY, now=START) is Flaw.UNREADABLE


def test_no_token_is_good_for_long() -> None:
    """Not even one that was signed to be."""
    lasting = signed(replace(ORDER, expires_at=START + 100 * GOOD_FOR), KEY)
    assert read(lasting, KEY, now=START + GOOD_FOR - 1) != Flaw.EXPIRED
    assert read(lasting, KEY, now=START + GOOD_FOR) is Flaw.EXPIRED


def test_the_command_signs_what_it_was_told(
    run: Run, store: SqlStore, environ: dict[str, str]
) -> None:
    """In the operator's name, with an id of its own, for five minutes."""
    words = ("token", "pause", "festival", "--reason", "full", "--for", "30m")
    texts = [run(*words).stdout for _ in range(2)]
    key = ops_key(load(environ))
    first, second = (read(text, key, now=store.now()) for text in texts)
    assert isinstance(first, Order)
    assert isinstance(second, Order)
    assert first.id != second.id
    assert (first.verb, first.scope, first.reason) == ("pause", "festival", "full")
    assert first.actor == operator()
    assert first.expires_at - first.issued_at == GOOD_FOR
    assert first.until == first.issued_at + 6 * GOOD_FOR


def test_the_service_is_meant_only_if_it_is_said(
    run: Run, store: SqlStore, environ: dict[str, str]
) -> None:
    """A forgotten name must not pause everything; the JSON has the request's id."""
    assert run("token", "resume").exit_code == 2
    told = json.loads(run("token", "resume", "--service", "--json").stdout)
    order = read(told["token"], ops_key(load(environ)), now=store.now())
    assert isinstance(order, Order)
    assert (order.scope, order.verb, order.id) == (SERVICE, "resume", told["request_id"])


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("pause", "festival"), 2),
        (("hold", "--service"), 2),
        (("pause", "festival", "--service", "--reason", "full"), 2),
        (("resume", "festival", "--for", "10m"), 2),
        (("stop", "festival"), 2),
        (("pause", "nowhere", "--reason", "full"), 1),
    ],
)
def test_what_is_not_clear_is_not_signed(
    run: Run, store: SqlStore, words: tuple[str, ...], code: int
) -> None:
    """There is no token that could mean something else."""
    assert store.campaigns()
    done = run("token", *words)
    assert (done.exit_code, done.stdout) == (code, "")
