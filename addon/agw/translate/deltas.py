"""A stream in no API's own words: the answer of ``neutral.py`` in pieces.

The order that every reader keeps and every writer may rely on::

    Start  ( Open  Grow*  Close | Finish | Counted )*  ( Failed )?  End

* ``Start`` comes first and once, even before ``Failed``; ``End`` last and once; nothing else follows ``Failed``.
* Every ``Grow`` belongs to a block that is open. Blocks are numbered from 0 per stream, in the order of their opening.
  Usually one is open at a time; parallel tool calls whose pieces a provider mixes are open together, so a writer goes
  by ``block`` and not by what came last.
* ``Finish`` comes once per choice, after all of its blocks have closed; its absence before ``End`` means that the
  answer was cut off, and ``Failed`` says so.
* ``Counted`` may come any time and more than once; its figures are totals so far, the last one counts.
"""

from __future__ import annotations

from dataclasses import dataclass

from agw.translate.neutral import Citation, Failure, Part, Seal, Stop
from agw.usage import Usage


@dataclass(frozen=True, slots=True)
class Start:
    id: str | None = None
    model: str | None = None
    created: int | None = None
    usage: Usage | None = None
    service_tier: str | None = None


@dataclass(frozen=True, slots=True)
class Open:
    """A part begins. ``part`` is its kind and what is known at once: Text, Refusal, Reasoning (its text empty),
    ToolCall with id and name (its arguments empty), or an Image or Audio that comes whole."""

    block: int
    part: Part
    choice: int = 0


@dataclass(frozen=True, slots=True)
class Grow:
    """More of an open block: text (of Text, Refusal, Reasoning), arguments (of ToolCall), a seal or a citation."""

    block: int
    text: str = ""
    seal: Seal | None = None
    citation: Citation | None = None


@dataclass(frozen=True, slots=True)
class Close:
    """A tool call that got no arguments has been given ``{}`` before."""

    block: int


@dataclass(frozen=True, slots=True)
class Finish:
    stop: Stop
    stop_sequence: str | None = None
    choice: int = 0


@dataclass(frozen=True, slots=True)
class Counted:
    usage: Usage


@dataclass(frozen=True, slots=True)
class Failed:
    failure: Failure


@dataclass(frozen=True, slots=True)
class End:
    pass


Delta = Start | Open | Grow | Close | Finish | Counted | Failed | End
