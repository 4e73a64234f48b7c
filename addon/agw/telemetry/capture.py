"""Whether prompts and answers are recorded: the conventions' switch, and what each destination says over it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from agw.config.snapshot import ContentMode, Destination

VARIABLE = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
_ON = ("span_only", "span_and_event", "true", "1")
_OFF = ("", "no_content", "event_only", "false", "0")


def capture_content(environ: Mapping[str, str]) -> tuple[bool, str | None]:
    """Whether content goes on spans, and a warning where the value is not one that we know (then it does not)."""
    value = environ.get(VARIABLE, "").strip().lower()
    if value in _ON:
        return True, None
    if value in _OFF:
        return False, None
    return False, f"{VARIABLE} has a value that is not known, so no content is recorded; write SPAN_ONLY or NO_CONTENT"


def content_mode(destination: Destination, environ: Mapping[str, str]) -> ContentMode:
    """What the destination says, else what the switch says."""
    if destination.content is not None:
        return destination.content
    return ContentMode.FULL if capture_content(environ)[0] else ContentMode.NONE


def captured(destinations: Iterable[Destination], environ: Mapping[str, str]) -> bool:
    """Whether anybody takes content."""
    if capture_content(environ)[0]:
        return True
    return any(content_mode(one, environ) is not ContentMode.NONE for one in destinations)
