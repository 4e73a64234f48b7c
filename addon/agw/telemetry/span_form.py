"""A span that is filled in for one call after the other.

Calls of one kind have the same attributes and differ in a few of their values, so a form keeps the protobuf message,
and of each call sets only what the one before it had not. Protobuf gives nothing back of a text that another one
replaces, so a form that has taken many is thrown away.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache
from itertools import islice

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from agw.telemetry.semconv import AttributeValue
from agw.telemetry.text import MAX_CHARS, clean

MAX_ITEMS = 64
"""Of one array attribute."""
MAX_SPAN_BYTES = 3_500_000
"""Of one span's attributes: a collector takes 4 MiB by default, and drops the whole request above that."""
MAX_FIELD_CHARS = 65_536
"""Of one attribute that the config's own expression made."""
_INT64 = 2**63
_JSON_NAMES = frozenset(
    (
        "gen_ai.system_instructions",
        "gen_ai.input.messages",
        "gen_ai.output.messages",
        "gen_ai.tool.definitions",
        "gen_ai.prompt",
        "gen_ai.completion",
        "input.value",
        "output.value",
        "langfuse.observation.input",
        "langfuse.observation.output",
        "langfuse.observation.usage_details",
        "langfuse.observation.cost_details",
        "langsmith.usage_metadata",
        "metadata",
    )
)
"""Whole or not at all: half a JSON text is none."""
_FORMS = 32
_ENOUGH = 64 * 1024
"""Characters that one form takes, roughly."""
_HEAD = 256
"""What a call takes of them beside its attributes."""
_UNSET = object()
_TOLD_APART = frozenset((str, int, bool))
"""Types whose values are the same where they are equal."""

_Key = tuple[tuple[str, ...], tuple[str, ...]]


class SpanForm:
    """``names`` are the attributes', in their order: whoever cuts a span cuts at its end. ``added`` names those that
    the config's own expressions made."""

    __slots__ = ("_held", "_most", "_slots", "span", "taken")

    def __init__(self, names: tuple[str, ...], added: Collection[str] = ()) -> None:
        self.span = Span.FromString(_named(names))
        self.taken = 0
        self._slots = [pair.value for pair in self.span.attributes]
        self._held: list[object] = [_UNSET] * len(names)
        self._most = [_most_chars(name, added) for name in names]

    def fill(self, found: Mapping[str, AttributeValue]) -> None:
        """Sets the values of all attributes, and takes away what another call's status and events have left."""
        held, slots, most = self._held, self._slots, self._most
        taken = _HEAD
        for index, (value, before) in enumerate(zip(found.values(), held, strict=True)):
            if value is before:
                continue
            kind = type(value)
            # 0.0 is not -0.0, nor [1] the same as [True].
            if value == before and kind is type(before) and kind in _TOLD_APART:
                continue
            held[index] = value
            slot = slots[index]
            # Most are texts and numbers: no call for those.
            if isinstance(value, str):
                text = value if len(value) <= most[index] and value.isascii() else clean(value, most[index])
                taken += len(text)
                slot.string_value = text
            elif type(value) is int and -_INT64 <= value < _INT64:
                slot.int_value = value
            elif type(value) is float:
                slot.double_value = value
            else:
                taken += MAX_CHARS
                slot.Clear()
                set_value(slot, value, most[index])
        self.taken += taken
        self.span.ClearField("status")
        self.span.ClearField("events")


class SpanForms:
    """The forms of the latest kinds of call. For one thread."""

    def __init__(self) -> None:
        self._forms: dict[_Key, SpanForm] = {}

    def of(self, found: Mapping[str, AttributeValue], added: Collection[str] = ()) -> SpanForm:
        """A form with the values of ``found``; valid until the next one is asked for."""
        key = (tuple(found), tuple(added))
        # Out while it is filled in: one that breaks half-way is not used again.
        form = self._forms.pop(key, None) or SpanForm(key[0], added)
        form.fill(found)
        if form.taken < _ENOUGH:
            if len(self._forms) >= _FORMS:
                self._forms.clear()
            self._forms[key] = form
        return form


@lru_cache(2 * _FORMS)
def _named(names: tuple[str, ...]) -> bytes:
    """A span with these attributes, which have no values yet."""
    return Span(attributes=[KeyValue(key=clean(name)) for name in names]).SerializeToString()


def _most_chars(name: str, added: Collection[str]) -> int:
    return MAX_SPAN_BYTES if name in _JSON_NAMES else MAX_FIELD_CHARS if name in added else MAX_CHARS


def set_value(slot: AnyValue, value: AttributeValue, max_chars: int = MAX_CHARS) -> None:
    if isinstance(value, str):
        slot.string_value = clean(value, max_chars)
    elif isinstance(value, bool):
        slot.bool_value = value
    elif isinstance(value, int):
        # An int64 on the wire; what does not fit is still told.
        if -_INT64 <= value < _INT64:
            slot.int_value = value
        else:
            slot.string_value = clean(str(value))
    elif isinstance(value, float):
        slot.double_value = value
    else:
        values = slot.array_value.values
        for one in islice(value, MAX_ITEMS):
            set_value(values.add(), one)
