"""Reading the drawings in docstrings, so that a picture can't drift away from its code."""

import re
from collections.abc import Iterator

Cell = tuple[int, int]
Step = tuple[int, int]
UP, DOWN, LEFT, RIGHT = (-1, 0), (1, 0), (0, -1), (0, 1)
OPEN = {
    "─": {LEFT, RIGHT},
    "│": {UP, DOWN},
    "┌": {DOWN, RIGHT},
    "┐": {DOWN, LEFT},
    "└": {UP, RIGHT},
    "┘": {UP, LEFT},
    "┬": {DOWN, LEFT, RIGHT},
    "┴": {UP, LEFT, RIGHT},
}
"""The sides on which each piece of a line goes on; lines may run into each other, not cross."""
HEADS = {"►": RIGHT, "◄": LEFT, "▲": UP, "▼": DOWN}


def arrows(drawing: str) -> set[tuple[str, str]]:
    """Return each arrow of a drawing as the words at its tail and at its head."""
    sheet = _Sheet(drawing)
    return {
        (tail, sheet.word((row + step[0], column + step[1]), step))
        for row, column, step in sheet.heads()
        for tail in sheet.tails((row, column), (-step[0], -step[1]))
    }


def drawn(docstring: str | None) -> str:
    """Return the first indented block of a docstring, which is its drawing."""
    found = re.search(r"(?:^ {4}.*\n+)+", docstring or "", re.MULTILINE)
    assert found is not None
    return found[0]


class _Sheet:
    """A drawing as a grid of characters."""

    def __init__(self, drawing: str) -> None:
        self.lines = drawing.splitlines()

    def at(self, cell: Cell) -> str:
        row, column = cell
        inside = 0 <= row < len(self.lines) and 0 <= column < len(self.lines[row])
        return self.lines[row][column] if inside else " "

    def heads(self) -> Iterator[tuple[int, int, Step]]:
        for row, line in enumerate(self.lines):
            for column, character in enumerate(line):
                if character in HEADS:
                    yield row, column, HEADS[character]

    def word(self, cell: Cell, step: Step) -> str:
        """Return the word at a cell, or the next one in this direction on the same row."""
        while step in (LEFT, RIGHT) and self.at(cell) == " " and cell[1] in range(100):
            cell = (cell[0], cell[1] + step[1])
        for found in re.finditer(r"[a-z]+", self.lines[cell[0]]):
            if found.start() <= cell[1] < found.end():
                return found[0]
        raise AssertionError(f"an arrow leads to no word at {cell}")

    def tails(self, cell: Cell, step: Step) -> Iterator[str]:
        """Follow a line from a cell in this direction, and yield the words it comes from."""
        cell = (cell[0] + step[0], cell[1] + step[1])
        back = (-step[0], -step[1])
        here = self.at(cell)
        if here not in OPEN or back not in OPEN[here]:
            # The line has ended: at a word, or at the other head of an arrow both ways.
            skip = int(here in HEADS)
            yield self.word((cell[0] + skip * step[0], cell[1] + skip * step[1]), step)
            return
        for way in OPEN[here] - {back}:
            yield from self.tails(cell, way)
