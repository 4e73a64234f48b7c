"""Two answers beside each other, each with its figures."""

from __future__ import annotations

import textwrap
from itertools import zip_longest

WIDTH = 56


def side_by_side(left: tuple[str, str], right: tuple[str, str], width: int = WIDTH) -> str:
    """Each side is its title and its text."""
    columns = [[title, "─" * width, *_wrapped(text, width)] for title, text in (left, right)]
    return "\n".join(f"{one[:width]:<{width}}  {other}".rstrip() for one, other in zip_longest(*columns, fillvalue=""))


def _wrapped(text: str, width: int) -> list[str]:
    lines: list[str] = []
    for line in text.splitlines():
        lines += textwrap.wrap(line, width, drop_whitespace=False, replace_whitespace=False) or [""]
    return lines
