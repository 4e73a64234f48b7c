"""The attributes of calls of one kind.

Calls differ in their figures (counts, costs, times, ids) and hardly in what else is told of them. So of each kind the
attributes are worked out in full once, and the figures of each further call are laid over a copy of those.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter

from agw.record import CallRecord
from agw.telemetry.dialects.base import Attributes

MAX_KINDS = 512
_MAX_CHARS = 8192
"""Of what makes a kind: clients choose some of the words."""
_OF_RECORD = attrgetter(
    *("provider", "server_address", "server_port", "http_status", "http_method", "url_path", "user_agent", "partial"),
    *("gateway", "listener", "route", "backend", "client_model", "notes"),
)
_OF_REQUEST = attrgetter(
    *("operation", "api_type", "model", "stream", "output_type", "service_tier", "stop_sequences", "encoding_formats")
)
_OF_ANSWER = attrgetter("model", "finish_reasons", "service_tier", "system_fingerprint")
_OF_WHO = attrgetter("group", "key_name", "tags", "prompt_name", "prompt_version", "environment", "trace_name")

_Kind = tuple[object, ...]


class Kinds:
    """``whole`` gives a record's attributes, ``figures`` those of them that follow from more than its kind."""

    def __init__(
        self, whole: Callable[[CallRecord, bool], Attributes], figures: Callable[[CallRecord], Attributes]
    ) -> None:
        self._whole, self._figures = whole, figures
        self._known: dict[_Kind, Attributes] = {}

    def attributes(self, record: CallRecord, root: bool) -> Attributes:
        """What ``whole`` gives, to be kept by who asks. From any thread."""
        if record.extra or record.attribution.metadata:
            # Names and values of the client's own.
            return self._whole(record, root)
        figures = self._figures(record)
        kind = _kind(record, root, figures)
        known = self._known.get(kind)
        if known is None:
            found = self._whole(record, root)
            if len(repr(kind)) <= _MAX_CHARS:
                if len(self._known) >= MAX_KINDS:
                    self._known.clear()
                self._known[kind] = found.copy()
            return found
        return known | figures


def _kind(record: CallRecord, root: bool, figures: Attributes) -> _Kind:
    """All that attributes are made of beside the figures, of which it names those that are known."""
    error, has_parent = record.error, bool(record.ids.parent_span_id)
    return (
        *_OF_RECORD(record),
        *_OF_REQUEST(record.request),
        *_OF_ANSWER(record.answer),
        *_OF_WHO(record.attribution),
        len(record.attempts),
        None if error is None else error.type,
        root and has_parent,
        *figures,
    )
