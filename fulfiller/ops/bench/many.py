"""Numbers of claims as people write them on a command line: 250000, 10e6, 1_000_000."""

import re

import click

NUMBER = re.compile(r"\d[\d_]*(\.\d+)?([eE]\+?\d{1,2})?").fullmatch


class Many(click.ParamType[int]):
    """A whole number of claims, at least so many."""

    name = "claims"

    def __init__(self, least: int) -> None:
        """Take no fewer than `least`."""
        self.least = least

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """Return the number, or fail with what to write instead."""
        text = str(value)
        if not NUMBER(text):
            self.fail(f"{text!r} is no number of claims: write one such as 10e6.", param, ctx)
        number = round(float(text))
        if number < self.least:
            self.fail(f"{number:,} claims are too few: write {self.least:,} or more.", param, ctx)
        return number
