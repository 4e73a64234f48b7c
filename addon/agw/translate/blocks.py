"""The bookkeeping of every stream reader: numbers blocks, and closes each once."""

from __future__ import annotations

from collections.abc import Iterable

from agw.translate import tools
from agw.translate.deltas import Close, Delta, Grow, Open
from agw.translate.neutral import Part, ToolCall


class Call:
    """A tool call under way; its pieces are kept to know when its arguments are whole.

    ``held``: a custom tool that was sent as a function; its free text can be read only from whole arguments.
    """

    __slots__ = ("block", "closed", "held", "id", "pieces")

    def __init__(self, block: int, call: ToolCall, *, held: bool) -> None:
        self.block = block
        self.id = call.id
        self.held = held
        self.pieces: list[str] = []
        self.closed = False

    def whole(self) -> bool:
        """Whether its arguments are a whole JSON object already: nothing can follow them."""
        return bool(self.pieces) and tools.as_object("".join(self.pieces)) is not None


class Blocks:
    """``Open``, ``Grow`` and ``Close`` in the order that ``deltas.py`` demands."""

    def __init__(self) -> None:
        self._next = 0

    def open(self, part: Part, choice: int = 0) -> Open:
        number = self._next
        self._next += 1
        return Open(number, part, choice)

    def call(self, call: ToolCall, choice: int = 0, *, native: bool = False) -> tuple[Call, Open]:
        """Opens a call; its arguments go through ``grow`` and ``close``. ``native``: this wire has custom tools."""
        opened = self.open(call, choice)
        return Call(opened.block, call, held=call.custom and not native), opened

    @staticmethod
    def grow(call: Call, text: str) -> list[Delta]:
        """More arguments; none yet of a held call.

        What comes after the end of whole arguments can only be white space, and is left out.
        """
        if not text or call.closed:
            return []
        call.pieces.append(text)
        return [] if call.held else [Grow(call.block, text)]

    @staticmethod
    def close(calls: Iterable[Call], arguments: str = "{}") -> list[Delta]:
        """Closes calls; ``arguments`` for those that got none."""
        deltas: list[Delta] = []
        for call in calls:
            if call.closed:
                continue
            call.closed = True
            if call.held:
                text = tools.custom_input("".join(call.pieces) or arguments)
                if text:
                    deltas.append(Grow(call.block, text))
            elif not call.pieces and arguments:
                deltas.append(Grow(call.block, arguments))
            deltas.append(Close(call.block))
        return deltas
