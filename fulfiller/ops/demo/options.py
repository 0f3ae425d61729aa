"""What the command line says of a demonstration."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`requests` None: as many as this machine can stage well."""

    keep: bool
    seconds: int
    seed: int
    requests: int | None
    postgres: bool
