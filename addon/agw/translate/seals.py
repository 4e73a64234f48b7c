"""Carries one provider's seal through another format's opaque string.

The string names its maker, so that a conversation that moves between providers never shows one the other's proof::

    agw.<maker>.<sealed|redacted>.<id or nothing>.<value>
"""

from __future__ import annotations

from agw.translate.neutral import Maker, Seal

_MARK = "agw."


def wrap(seal: Seal, native: Maker) -> str:
    """The seal for a client whose own opaque strings are ``native``'s: bare if it is one of those."""
    if seal.maker is native:
        return seal.value
    kind = "redacted" if seal.redacted else "sealed"
    return f"{_MARK}{seal.maker.value}.{kind}.{(seal.id or '').replace('.', '')}.{seal.value}"


def unwrap(value: str, native: Maker, *, redacted: bool = False, seal_id: str | None = None) -> Seal:
    """The seal in a client's opaque string; whatever is not ours is ``native``'s own."""
    if value.startswith(_MARK):
        fields = value[len(_MARK) :].split(".", 3)
        if len(fields) == 4 and fields[0] in Maker:
            maker, kind, own_id, inner = fields
            return Seal(Maker(maker), inner, redacted=kind == "redacted", id=own_id or None)
    return Seal(native, value, redacted=redacted, id=seal_id)


def is_foreign(value: object) -> bool:
    """Whether a client's opaque string is one that ``wrap`` made for another provider's seal."""
    return isinstance(value, str) and value.startswith(_MARK) and unwrap(value, Maker.ANTHROPIC).value != value
