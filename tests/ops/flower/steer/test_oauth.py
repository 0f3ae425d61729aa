"""OAuth: the address that a provider vouches for has the role that the file gives it."""

from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from shutil import copyfile

import httpx
import pytest

from fulfiller.domain.breaker import Mode
from fulfiller.domain.campaign import Campaign
from fulfiller.ops.embedded.server import Server
from fulfiller.store.sqlstore import SqlStore
from tests.contract.world import everything
from tests.ops.flower.steer.provider import CLIENT, SECRET, Provider, providing
from tests.ops.flower.steer.standing import standing
from tests.ops.flower.steer.visitor import REASON, Steered, Visitor

ALICE, BOB, MALLORY = "alice@example.com", "bob@example.com", "alice@example.org"
OAUTH = ("--auth=.*@example.com", "--auth_provider=flower.views.auth.OktaLoginHandler")


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    """Run a provider."""
    with providing() as running:
        yield running


@pytest.fixture(scope="module")
def steered(
    lasting_broker: Server,
    _sqlite_template: Path,
    tmp_path_factory: pytest.TempPathFactory,
    provider: Provider,
) -> Iterator[Steered]:
    """Start Flower so that people log in with that provider; one of them is an operator."""
    home = tmp_path_factory.mktemp("oauth")
    copyfile(_sqlite_template, home / "store.db")

    def more(port: int) -> dict[str, str]:
        return {
            "FLOWER_OAUTH2_KEY": CLIENT,
            "FLOWER_OAUTH2_SECRET": SECRET,
            "FLOWER_OAUTH2_REDIRECT_URI": f"http://127.0.0.1:{port}/login",
            "FLOWER_OAUTH2_OKTA_BASE_URL": provider.url,
        }

    with standing(home, lasting_broker.url, f"{ALICE} = operator\n", *OAUTH, more=more) as steered:
        yield steered


def test_an_address_that_is_named_steers(
    steered: Steered, provider: Provider, store: SqlStore, festival: Campaign
) -> None:
    """With the provider's word and no password; the log names the address."""
    alice, page = logged_in(steered, provider, ALICE), f"/campaigns/steer/{festival.id}"
    done = alice.confirm(page, alice.fill(page, "pause"))
    assert done.status_code == HTTPStatus.OK
    assert store.modes()[festival.id].mode is Mode.PAUSED
    assert f"flower:{ALICE}" in str(everything(store, festival.id))


def test_other_addresses_look_on(
    steered: Steered, provider: Provider, store: SqlStore, festival: Campaign
) -> None:
    """They see all there is, no form, and what they send changes nothing."""
    bob, before = logged_in(steered, provider, BOB), everything(store, festival.id)
    shown = bob.get(f"/campaigns/steer/{festival.id}")
    assert shown.status_code == HTTPStatus.OK
    assert "You look on" in shown.text
    assert "<form" not in shown.text
    form = {"_xsrf": bob.cookies["_xsrf"], "control": "pause", "step": "do", "reason": REASON}
    told = bob.post(f"/campaigns/steer/{festival.id}", form)
    assert told.status_code == HTTPStatus.FORBIDDEN
    stop = bob.post("/api/worker/shutdown/x", {"_xsrf": bob.cookies["_xsrf"]})
    assert stop.status_code == HTTPStatus.FORBIDDEN
    assert everything(store, festival.id) == before


def test_a_role_that_is_taken_away_is_gone_at_once(
    steered: Steered, provider: Provider, festival: Campaign
) -> None:
    """The session goes on, and looks on."""
    alice, roles = logged_in(steered, provider, ALICE), steered.home / "flower-roles"
    page, before = f"/campaigns/steer/{festival.id}", roles.read_text()
    assert "<form" in alice.get(page).text
    try:
        roles.write_text("")
        assert "<form" not in alice.get(page).text
    finally:
        roles.write_text(before)


@pytest.mark.parametrize(("person", "verified"), [(MALLORY, True), (ALICE, False)])
def test_who_is_not_vouched_for_stays_outside(
    steered: Steered, provider: Provider, person: str, *, verified: bool
) -> None:
    """Of another domain, or without a verified address: no session, and no page."""
    provider.verified = verified
    try:
        told, outside = _login(steered, provider, person)
    finally:
        provider.verified = True
    assert told.status_code == HTTPStatus.FORBIDDEN
    assert "user" not in outside.cookies
    for path in ("/campaigns", "/campaigns/steer", "/tasks"):
        answer = outside.get(path)
        assert answer.status_code == HTTPStatus.FOUND, path
        assert answer.headers["location"].startswith("/login"), path


def test_a_cookie_that_somebody_made_up_is_nobody(steered: Steered) -> None:
    """Flower signs its cookies with a secret that it makes at each start."""
    forged = steered.as_(None)
    forged.cookies.set("user", f"2|1:0|10:1770379200|4:user|24:{'A' * 24}|{'0' * 64}")
    assert forged.get("/campaigns").status_code == HTTPStatus.FOUND


def logged_in(steered: Steered, provider: Provider, person: str) -> Visitor:
    """Return somebody who has come in by way of the provider."""
    told, visitor = _login(steered, provider, person)
    assert told.status_code == HTTPStatus.OK
    return visitor


def _login(steered: Steered, provider: Provider, person: str) -> tuple[httpx.Response, Visitor]:
    """Go where Flower sends a browser, and back; return the last answer and the session."""
    provider.person = person
    visitor = steered.as_(None)
    with httpx.Client(base_url=steered.door.url, follow_redirects=True, timeout=20) as browser:
        told = browser.get("/campaigns")
        visitor.cookies.update(browser.cookies)
    return told, visitor
