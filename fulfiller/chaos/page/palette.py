"""The colors of the page by day and by night."""

from collections.abc import Mapping

LIGHT = {
    "ground": "#f6f6f2",
    "card": "#ffffff",
    "ink": "#1b1f24",
    "quiet": "#565d67",
    "rule": "#dcddd7",
    "good": "#1b6b31",
    "bad": "#b42318",
    "wary": "#8a4b00",
    "asked": "#6b7280",
    "promised": "#1d4ed8",
    "refused": "#8a4b00",
    "unanswered": "#b42318",
    "issued": "#1b6b31",
    "backlog": "#a1470a",
    "waitlisted": "#6d28d9",
    "fault": "#a3154f",
}
DARK = {
    "ground": "#14171a",
    "card": "#1c2024",
    "ink": "#eceef0",
    "quiet": "#a3abb5",
    "rule": "#343a41",
    "good": "#7ed492",
    "bad": "#ff8a80",
    "wary": "#f0b35e",
    "asked": "#9aa3ae",
    "promised": "#86b0ff",
    "refused": "#f0b35e",
    "unanswered": "#ff8a80",
    "issued": "#7ed492",
    "backlog": "#f2a154",
    "waitlisted": "#c4a7ff",
    "fault": "#ff8fb8",
}
GROUNDS = ("ground", "card")
WRITTEN = ("ink", "quiet", "good", "bad", "wary")
"""Colors of text, on any of the grounds; in badges a ground is written on them."""
DRAWN = ("asked", "promised", "refused", "unanswered", "issued", "backlog", "waitlisted", "fault")


def variables() -> str:
    """Return both as CSS; paper is always light."""
    return (
        f":root{{color-scheme:light dark;{_set(LIGHT)}}}\n"
        f"@media (prefers-color-scheme:dark){{:root{{{_set(DARK)}}}}}\n"
        f"@media print{{:root{{color-scheme:light;{_set({**LIGHT, 'ground': '#ffffff'})}}}}}\n"
    )


def _set(colors: Mapping[str, str]) -> str:
    return "".join(f"--{name}:{color};" for name, color in colors.items())
