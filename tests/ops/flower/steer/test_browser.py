"""A browser drives each control to the audit, by keyboard alone, too; viewers find none."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from fulfiller.broker.app import celery_app
from fulfiller.broker.topology import ISSUE_TASK
from fulfiller.domain.breaker import Mode
from fulfiller.domain.campaign import Campaign
from fulfiller.domain.event import Kind
from fulfiller.domain.mode import SERVICE
from fulfiller.ops.embedded.server import Server
from fulfiller.ops.person import operator as person
from fulfiller.store.sqlstore import SqlStore
from tests.ops.flower.browser import PHONE, confirm, fill_in, started
from tests.ops.flower.reader import act
from tests.ops.flower.steer.deeds import (
    ACTOR,
    DEEDS,
    OF_SERVICE,
    Deed,
    audited,
    last,
    left,
    twin,
    typed,
)
from tests.ops.flower.steer.visitor import OPERATOR, PASSWORD, REASON, VIEWER, Steered
from tests.processes import start, worker_argv
from tests.waiting import until

LONE = "00000000-0000-4000-8000-000000000001"
"""A task that a worker has received and not begun."""
FOCUS = """() => {
    const now = document.activeElement;
    const style = getComputedStyle(now);
    return [now.textContent.trim() || now.id, style.outlineStyle !== "none"
        && parseFloat(style.outlineWidth) >= 2 && now.checkVisibility()];
}"""


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """One browser for all of these tests."""
    with started(chromium) as browser:
        yield browser


def entered(browser: Browser, steered: Steered, user: str = OPERATOR, **how: Any) -> Page:
    """Return a page of a browser in which somebody has logged in."""
    login: Any = {"username": user, "password": PASSWORD}
    context = browser.new_context(http_credentials=login, base_url=steered.door.url, **how)
    return context.new_page()


@pytest.fixture(scope="module")
def page(browser: Browser, steered: Steered) -> Iterator[Page]:
    """The page of an operator who steers all day, without scripts: it has to work so, too."""
    page = entered(browser, steered, java_script_enabled=False, viewport=PHONE)
    yield page
    page.context.close()


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: "-".join([deed.control, *deed.filled]))
def test_a_control_works_from_its_form_to_the_audit(
    page: Page, steered: Steered, store: SqlStore, festival: Campaign, tmp_path: Path, deed: Deed
) -> None:
    """Filled in, read, confirmed; the command that is shown leaves the same behind."""
    if deed.before is not None:
        deed.before(festival.id, act(store), store)
    _does(page, steered, store, festival.id, deed, tmp_path)


def test_the_service_is_steered_alike(
    page: Page, steered: Steered, store: SqlStore, tmp_path: Path
) -> None:
    """All of its controls, one after the other."""
    for deed in OF_SERVICE:
        _does(page, steered, store, SERVICE, deed, tmp_path)


def _does(
    page: Page, steered: Steered, store: SqlStore, scope: str, deed: Deed, folder: Path
) -> None:
    before, so_far = last(store), left(store, scope)
    path = "/campaigns/steer" + ("" if scope == SERVICE else f"/{scope}")
    if not page.url.endswith(path):
        # What is done leads back to all controls.
        page.goto(path)
    now = page.locator(f"[data-now={deed.control}]").inner_text()
    fill_in(page, deed.control, reason=REASON, **deed.filled)
    assert re.search(deed.says, page.locator("#will-happen").inner_text())
    assert (last(store), left(store, scope)) == (before, so_far)
    if deed.control == "end":
        page.get_by_label(f"Type {scope} to confirm").fill(scope)
    with twin(steered, folder) as (copy, environ):
        typed(page.locator("#command").text_content() or "", environ)
        assert f"The event log has it as {deed.kind} by {ACTOR}." in confirm(page)
        # A mark is the one deed that leaves everything as it is.
        changes = deed.kind is not Kind.MARK_SET
        said = page.locator(f"[data-now={deed.control}]").inner_text()
        assert left(store, scope) == left(copy, scope)
        assert (said != now, left(store, scope) != so_far) == (changes, changes)
        ours, theirs = last(store), last(copy)
        if deed.kind is Kind.CAMPAIGN_EXTENDED or not {"for", "until"} & deed.filled.keys():
            assert replace(theirs, at=ours.at, actor=ACTOR) == ours
        stores = (steered.store_url, environ["FULFILLER_STORE_URL"])
        told = [audited(each, folder, scope) for each in stores]
    for one, actor in zip(told, (ACTOR, person()), strict=True):
        why = one["reason"].partition(" until ")[0]
        assert (one["actor"], one["kind"], one["campaign"]) == (actor, deed.kind.value, scope)
        assert why == REASON


def test_a_pause_by_keyboard_alone(
    browser: Browser, steered: Steered, store: SqlStore, festival: Campaign
) -> None:
    """From the list of campaigns to the log with Tab, Enter and letters; focus is always seen."""
    page = entered(browser, steered, viewport=PHONE)
    page.goto("/campaigns")
    until(
        lambda: page.get_by_role("link", name=f"Steer {festival.id}").count() or not page.reload()
    )
    _tab_to(page, f"Steer {festival.id}")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/steer/{festival.id}")
    _tab_to(page, "pause-reason")
    page.keyboard.type(REASON)
    page.keyboard.press("Enter")
    page.locator("#confirming").wait_for()
    command = f"fulfiller campaign pause {festival.id} --reason '{REASON}'"
    assert page.locator("#command").inner_text() == command
    assert store.modes()[festival.id].mode is Mode.FLOWING
    _tab_to(page, "Pause")
    page.keyboard.press("Enter")
    done = page.locator("#done")
    assert "Done: Pause" in done.inner_text()
    assert done.evaluate("(each) => each === document.activeElement")
    assert store.modes()[festival.id].mode is Mode.PAUSED
    page.context.close()


def _tab_to(page: Page, wanted: str) -> None:
    """Press Tab until something has the focus; whatever has it on the way shows that it has."""
    for _ in range(1_000):
        page.keyboard.press("Tab")
        name, seen = page.evaluate(FOCUS)
        if page.evaluate("document.activeElement.closest('main') !== null"):
            assert seen, f"nobody sees that {name!r} has the focus"
            if name == wanted:
                return
    pytest.fail(f"Tab never came to {wanted!r}")


@pytest.fixture(scope="module")
def busy(
    steered: Steered, lasting_broker: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """A real worker, which Flower hears has received a task and not begun it."""
    home = tmp_path_factory.mktemp("busy")
    env = {
        "FULFILLER_HOME": str(home),
        "FULFILLER_STORE_URL": steered.store_url,
        "FULFILLER_BROKER_URL": lasting_broker.url,
        "FULFILLER_WORKER_SLOTS": "1",
    }
    process = start(worker_argv("busy", "--pool=solo"), env=env, log=home / "worker.log")
    app = celery_app(lasting_broker.url)
    try:
        process.says(" ready.", within_s=60)
        with app.connection_for_write() as line:
            events = app.events.Dispatcher(line, hostname="busy@test")
            events.send("task-received", uuid=LONE, name=ISSUE_TASK, args="festival p2 x1")
        yield "busy@test"
    finally:
        process.kill()
        app.close()


@pytest.mark.parametrize("path", ["/worker/{}", f"/task/{LONE}"])
def test_a_viewer_sees_no_button_that_does_nothing(
    browser: Browser, steered: Steered, busy: str, path: str
) -> None:
    """Flower's own pages are those of a Flower that looks on; operators have their buttons."""
    found = {}
    for user in (OPERATOR, VIEWER):
        page = entered(browser, steered, user)
        until(lambda page=page: (page.goto(path.format(busy)) or page).ok, within_s=30)  # type: ignore[misc]
        page.wait_for_load_state("load")
        found[user] = page.locator(ACTS).count()
        page.context.close()
    assert found[VIEWER] == 0
    assert found[OPERATOR] > 0


ACTS = "main button[id^=worker-], main button[id^=task-]"
"""Flower's own buttons that change something; those that copy or switch have other names."""
