"""Tables for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

_BLOCKS = " ▏▎▍▌▋▊▉█"


def printable(text: object, max_chars: int = 60) -> str:
    """One line that cannot move the cursor or colour the screen: what a client said may be anything."""
    shown = "".join(ch if ch.isprintable() else " " for ch in str(text))
    return shown if len(shown) <= max_chars else shown[: max_chars - 1] + "…"


def table(head: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1) -> str:
    """The first ``left`` columns stand on the left, the others on the right."""
    widths = [max(len(row[index]) for row in (head, *rows)) for index in range(len(head))]
    lines = []
    for row in (head, *rows):
        cells = [
            cell.ljust(width) if index < left else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def bar(share: float, width: int = 20) -> str:
    """``share`` (0 to 1) of ``width`` characters, to an eighth of one."""
    eighths = round(max(0.0, min(1.0, share)) * width * 8)
    return "█" * (eighths // 8) + _BLOCKS[eighths % 8].strip()


def number(value: int) -> str:
    return f"{value:,}"


def dollars(value: Decimal) -> str:
    """Two digits where that says it, more where the amount is small; the exact one is in CSV and JSON."""
    if value == 0:
        return "$0"
    if abs(value) >= 1:
        return f"${value:,.2f}"
    return f"${value:.6f}".rstrip("0")


def seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}s"
