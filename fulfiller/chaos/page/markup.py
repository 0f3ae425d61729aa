"""Markup: elements whose text is escaped unless it is markup itself."""

import re
from collections.abc import Iterable
from html import escape

# What neither HTML nor XML may contain, whatever it came from.
FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Raw(str):
    """Text that is markup already."""

    __slots__ = ()


def tag(name: str, *inside: object, **attributes: object) -> Raw:
    """Return an element; `class_` stands for `class`, `stroke_width` for `stroke-width`.

    Attributes that are None are left out.
    """
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_text(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Raw(f"<{name}{given}>{every(inside)}</{name}>")


def every(inside: Iterable[object]) -> Raw:
    """Return one after the other."""
    return Raw("".join(_text(each) for each in inside))


def _text(value: object) -> str:
    if isinstance(value, Raw):
        return value
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    return escape(FORBIDDEN.sub("\ufffd", str(value)))
