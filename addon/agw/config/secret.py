"""A key or token that cannot be printed by accident."""

from __future__ import annotations

from typing import final


@final
class Secret:
    """Holds a credential; every way of showing it shows ``***``.

    ``reveal`` is the only way to the text, so that a search for it lists every place where a key is used.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> str:
        raise TypeError("a Secret is never pickled")
