"""The pictures of Flower's pages in README: `make pictures` plays the demo and takes them anew."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from signal import SIGINT
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from tests.ops.flower.browser import DESK, PHONE

FOLDER = Path(__file__).parents[3] / "config" / "pictures"
STANDS = re.compile(r"Flower\s+(http://\S+)\s+login in (\S+)")
CAMPAIGN = "spring-festival"
CHARTS_HEIGHT = 1_250
"""Pixels in which all charts are seen."""
END_S = 30


@contextmanager
def demo() -> Iterator[tuple[str, tuple[str, str]]]:
    """Play the demo, and leave its Flower running until the block ends."""
    argv = [sys.executable, "-m", "fulfiller", "demo", "--keep"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            found = next(filter(None, map(_stands, process.stdout)), None)
            assert found is not None, "the demo has ended without a Flower to look at"
            user, _, password = Path(found[2]).read_text("utf-8").strip().partition(":")
            yield found[1], (user, password)
        finally:
            process.send_signal(SIGINT)
            process.communicate(timeout=END_S)


def _stands(line: str) -> re.Match[str] | None:
    sys.stdout.write(line)
    return STANDS.search(line)


def take(browser: Browser, url: str, login: tuple[str, str]) -> None:
    """Take the pictures: in light on a desk, in dark on a phone."""
    sizes = {"desk-light": DESK | {"height": CHARTS_HEIGHT}, "phone-dark": PHONE}
    for name, size in sizes.items():
        how: dict[str, Any] = {"viewport": size, "color_scheme": name.partition("-")[2]}
        credentials: Any = {"username": login[0], "password": login[1]}
        context = browser.new_context(http_credentials=credentials, **how)
        page = context.new_page()
        page.goto(f"{url}/campaigns/view/{CAMPAIGN}?range=5m")
        page.wait_for_selector("#campaign-charts svg >> nth=4")
        page.screenshot(path=FOLDER / f"campaign-{name}.png")
        context.close()


def main() -> None:
    """Take all pictures."""
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("chromium is not installed: apt-get install chromium")
    FOLDER.mkdir(exist_ok=True)
    with demo() as (url, login), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        take(browser, url, login)
        browser.close()


if __name__ == "__main__":
    main()
