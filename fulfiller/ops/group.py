"""Command groups that load late, forgive typos and turn our faults into exit codes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from inspect import cleandoc
from typing import Any, TypeVar

import click

from fulfiller.domain.error import DomainError, SettingError, StoreUnavailable
from fulfiller.ops.exits import Misused, Unreachable

AnyCommand = TypeVar("AnyCommand", bound=click.Command)


def examples(*lines: str) -> Callable[[AnyCommand], AnyCommand]:
    """Put examples into a command's help, above its options."""

    def add(command: AnyCommand) -> AnyCommand:
        # The backspace keeps click from filling the lines up.
        shown = "\n".join(f"  {line}" for line in lines)
        command.help = f"{cleandoc(command.help or '')}\n\n\b\nExamples:\n{shown}"
        return command

    return add


class Forgiving(click.Group):
    """A group that names the nearest command when there is none of this name."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command for the first word, or fail with the word that was meant."""
        known = self.list_commands(ctx)
        if args and args[0] not in known and not args[0].startswith("-"):
            nearest = get_close_matches(args[0], known, n=1)
            meant = f" Did you mean {nearest[0]!r}?" if nearest else ""
            ctx.fail(f"No such command {args[0]!r}.{meant}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; a fault that we know ends it with a line and a code."""
        try:
            return super().invoke(ctx)
        except StoreUnavailable as fault:
            raise Unreachable(f"the store does not answer: {fault}{_remedy(fault)}") from fault
        except (SettingError, DomainError) as fault:
            raise Misused(str(fault)) from fault


def _remedy(fault: StoreUnavailable) -> str:
    """Return what to do about a store without tables, in which nobody can tell it otherwise."""
    missing = any(sign in str(fault) for sign in ("no such table", "does not exist"))
    return "; is it new? Run `fulfiller store upgrade`" if missing else ""


@dataclass(frozen=True, slots=True)
class Later:
    """A command that is imported when it is called: `module:name`, and its line in the help."""

    path: str
    about: str

    def load(self) -> click.Command:
        """Import the command."""
        module, _, name = self.path.partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command


class Sections(Forgiving):
    """A group whose commands stand in titled sections and are imported only when called."""

    def __init__(self, *, sections: Mapping[str, Mapping[str, Later]], **attrs: Any) -> None:
        """`sections` maps a title to the commands below it."""
        super().__init__(**attrs)
        self._sections = sections
        self._later = {name: later for part in sections.values() for name, later in part.items()}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return all names, in the order of the help."""
        del ctx
        return list(self._later)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        del ctx
        later = self._later.get(cmd_name)
        return None if later is None else later.load()

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the sections, from what stands in them and without importing anything."""
        del ctx
        for title, part in self._sections.items():
            with formatter.section(title):
                formatter.write_dl([(name, later.about) for name, later in part.items()])
