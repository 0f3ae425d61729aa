"""What keeps people from using a page: what axe-core finds, and what it does not judge."""

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT  # type: ignore[import-untyped]
from playwright.sync_api import Page

WCAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
ALL = {"runOnly": {"type": "tag", "values": WCAG}}
OF_COLOR = {"runOnly": {"type": "rule", "values": ("color-contrast", "link-in-text-block")}}
FLOWERS = {"exclude": [".app-nav .nav-link.active"]}
"""The tab that one is on: in light, Flower's own green on green has a contrast of 3.5, not 4.5."""
RUN = """async ([context, options]) => {
    const found = await axe.run(context, { ...options, resultTypes: ["violations"] });
    return found.violations;
}"""


def barriers(page: Page, *, in_color: bool = False) -> list[str]:
    """Return what axe finds, be it ever so minor: the rule, the element and what would mend it.

    With `in_color` only what other colors of the same page can change is judged.
    """
    if page.evaluate("typeof axe === 'undefined'"):
        # A page's own policy does not bind what its debugger evaluates.
        page.evaluate(AXE_SCRIPT)
    found: Any = page.evaluate(RUN, [FLOWERS, OF_COLOR if in_color else ALL])
    return [
        f"{each['id']}: {node['html']}: {node['failureSummary']}"
        for each in found
        for node in each["nodes"]
    ]


def flaws(page: Page) -> list[str]:
    """Return faint texts of pictures, parts without names, odd headings, and what sticks out."""
    found: list[str] = page.evaluate("audit.flaws()")
    return found
