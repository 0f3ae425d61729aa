"""A real browser for tests of pages: it logs in, looks, fills in, and reports what went wrong."""

from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.ops.flower.door import Door

PHONE = {"width": 360, "height": 780}
DESK = {"width": 1440, "height": 900}
AUDIT = Path(__file__).parent / "audit.js"


@contextmanager
def started(chromium: str) -> Iterator[Browser]:
    """Start the browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


def login(door: Door) -> dict[str, str]:
    """Return the header that a browser sends once somebody has logged in."""
    said = b64encode(":".join(door.auth).encode()).decode()
    return {"Authorization": f"Basic {said}"}


@contextmanager
def looking(browser: Browser, door: Door, path: str = "", **how: Any) -> Iterator[Page]:
    """Open a page as somebody who has logged in; whatever it logs as an error fails the test."""
    user, password = door.auth
    # As people do it: asked for it, and with what the browser then sends by itself.
    credentials: Any = {"username": user, "password": password}
    context = browser.new_context(http_credentials=credentials, base_url=door.url, **how)
    page = context.new_page()
    page.add_init_script(path=AUDIT)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    # That the page itself was answered with a flaw is no error of the page.
    page.on(
        "console",
        lambda said: (
            errors.append(said.text)
            if said.type == "error" and said.location["url"] != page.url
            else None
        ),
    )
    if path:
        page.goto(path)
    yield page
    assert page.evaluate("window.violations") == []
    context.close()
    assert errors == []


def fill_in(page: Page, control: str, **filled: str) -> None:
    """Fill in the form of a control and send it: what will happen is shown next."""
    form = page.locator(f"#form-{control}")
    for name, text in filled.items():
        form.locator(f"[name={name}]").fill(text)
    form.get_by_role("button").click()


def confirm(page: Page) -> str:
    """Confirm what a form asks for, and return what became of it."""
    page.locator("#confirming").get_by_role("button").click()
    return page.locator("#done").inner_text()
