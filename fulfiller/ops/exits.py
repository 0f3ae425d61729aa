"""How commands end: five exit codes, and the ends that carry a message to stderr."""

from enum import IntEnum

import click


class Exit(IntEnum):
    """What a script can tell from a command's end."""

    OK = 0
    FAILED = 1
    USAGE = 2
    UNREACHABLE = 3
    PAUSED = 4


class Failed(click.ClickException):
    """A check failed, or what was asked for was refused."""

    exit_code = Exit.FAILED


class Misused(click.ClickException):
    """The command was called in the wrong way, or its settings won't do."""

    exit_code = Exit.USAGE


class Unreachable(click.ClickException):
    """Nobody answered at the other end."""

    exit_code = Exit.UNREACHABLE


class Paused(click.ClickException):
    """The service is paused and could not keep a place."""

    exit_code = Exit.PAUSED
