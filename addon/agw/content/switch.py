"""The conventions' switch for prompts and answers."""

from __future__ import annotations

from collections.abc import Mapping

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
