"""A history is written and read back whole; what is no line is named."""

from io import BytesIO

import pytest

from fulfiller.chaos.history import Ask, Line, Phase, read, write


def test_lines_are_read_as_they_were_written() -> None:
    """What is left at its default is left out and comes back."""
    lines = [
        Line(call=1, proc="c1", phase=Phase.INVOKE, ask=Ask.CLAIM, mono=1.5, wall=7, user="é"),
        Line(call=1, proc="c1", phase=Phase.INFO, ask=Ask.CLAIM, mono=2.5, wall=8, why="timeout"),
    ]
    file = BytesIO()
    write(lines, file)
    assert list(read(BytesIO(file.getvalue()))) == lines


def test_a_line_that_is_none_is_named() -> None:
    """Its number comes first, then what is wrong with it."""
    with pytest.raises(ValueError, match=r"line 1 of the history: .*phase"):
        list(read([b'{"call": 1, "proc": "c1", "phase": "so so", "ask": "claim"}\n']))
