"""What `fulfiller up` prints: every line of every process, with its name in front."""

from pathlib import Path

from rich.console import Console
from rich.text import Text

from fulfiller.ops.flower.login import FLOWER_LOGIN
from fulfiller.ops.supervise.home import VARIABLES
from fulfiller.ops.supervise.logs import SUPERVISOR
from fulfiller.ops.supervise.plan import Urls

COLORS = ("cyan", "green", "magenta", "blue", "yellow", "bright_cyan", "bright_green")
NAME_WIDTH = 9


class Speech:
    """A console on which each process has a color of its own, where there are colors."""

    def __init__(self) -> None:
        """Speak on stdout."""
        self._console = Console(highlight=False, soft_wrap=True)
        self._colors: dict[str, str] = {SUPERVISOR: "bold"}

    def tell(self, name: str, line: str) -> None:
        """Print a line of a process."""
        color = self._colors.setdefault(name, COLORS[len(self._colors) % len(COLORS)])
        self._console.print(Text(f"{name:<{NAME_WIDTH}} │ ", style=color) + Text(line))

    def doors(self, urls: Urls, home: Path) -> None:
        """Say that the stack is up, and where to knock."""
        rows = (
            ("Claims", f"{urls.intake}/v1/claims"),
            ("API docs", urls.docs),
            ("Flower", f"{urls.flower}  (login in {home / FLOWER_LOGIN})"),
            ("Variables", f"set -a; . {home / VARIABLES}   for a shell that joins in"),
        )
        self.tell(SUPERVISOR, "everything is ready")
        for name, text in rows:
            self.tell(SUPERVISOR, f"  {name:<9}  {text}")
