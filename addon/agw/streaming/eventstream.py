"""Amazon's event stream framing (``application/vnd.amazon.eventstream``), decoded from bytes as they come.

The frames are read by botocore, which is the optional extra ``bedrock``. Each becomes the same ``SseEvent`` that
server-sent events give: the name is ``:event-type``, for an exception ``:exception-type`` or ``:error-code``; the data
is the JSON payload. Three things are done for the reader:

* an error without a payload gets one: ``{"message": ...}`` from its ``:error-message``;
* InvokeModelWithResponseStream wraps each event of the model's own stream in base64 (``chunk`` with ``bytes``); it is
  unwrapped, named by its ``type``, so that the format of the model's family reads it as from the model's own API;
* the framing has no mark to find the next frame by: what is broken once stays ``unreadable``, and nobody raises.

To wire it: where an answer's content-type is ``CONTENT_TYPE``, feed an ``EventStream`` in the place of Framer and
parse. ``require()`` is to be called when a config with Bedrock is loaded.
"""

from __future__ import annotations

import base64
import json
import struct
from typing import Any

from agw.streaming.sse import MAX_EVENT_BYTES, SseEvent

CONTENT_TYPE = "application/vnd.amazon.eventstream"
MISSING = "Bedrock's streams need botocore: install the extra with  pip install 'agw[bedrock]'"


def require() -> None:
    """Raises ImportError, with what to install, where botocore is missing."""
    try:
        import botocore.eventstream  # type: ignore[import-untyped]  # noqa: F401
    except ImportError:
        raise ImportError(MISSING) from None


class EventStream:
    """One answer's frames. Raises ImportError, with what to install, where botocore is missing."""

    __slots__ = ("_buffer", "_held", "_trouble", "unreadable")

    def __init__(self) -> None:
        require()
        from botocore.eventstream import EventStreamBuffer, ParserError

        self.unreadable: str | None = None
        """Why nothing more is read: a checksum that is wrong, a frame too large or cut off."""
        self._buffer: Any = EventStreamBuffer()
        self._trouble = (ParserError, struct.error, ValueError, LookupError)
        self._held = 0

    def feed(self, data: bytes) -> list[SseEvent]:
        """The events that are complete now. Never raises."""
        events: list[SseEvent] = []
        if self.unreadable is not None:
            return events
        self._buffer.add_data(data)
        self._held += len(data)
        try:
            for message in self._buffer:
                self._held -= message.prelude.total_length
                event = _event(message.headers, message.payload)
                if event is not None:
                    events.append(event)
        except self._trouble as error:
            self._give_up(f"a frame of the event stream is broken ({type(error).__name__})")
        if self._held > MAX_EVENT_BYTES:
            self._give_up("a frame of the event stream is too large")
        return events

    def flush(self) -> list[SseEvent]:
        """To be called at the end of the body: says whether it ended within a frame."""
        if self._held and self.unreadable is None:
            self._give_up("the event stream ends within a frame")
        return []

    def _give_up(self, why: str) -> None:
        self.unreadable = why
        self._buffer = None


def _event(headers: dict[str, Any], payload: bytes) -> SseEvent | None:
    text = payload.decode("utf-8", "replace")
    if headers.get(":message-type") == "event":
        name = headers.get(":event-type")
        return _unwrapped(text) if name == "chunk" else SseEvent(str(name or ""), text)
    name = headers.get(":exception-type") or headers.get(":error-code")
    if name is None:
        return None
    return SseEvent(str(name), text or json.dumps({"message": str(headers.get(":error-message", name))}))


def _unwrapped(text: str) -> SseEvent:
    try:
        inner = base64.b64decode(json.loads(text)["bytes"]).decode("utf-8", "replace")
        kind = json.loads(inner).get("type")
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return SseEvent("chunk", text)
    return SseEvent(kind if isinstance(kind, str) else "", inner)
