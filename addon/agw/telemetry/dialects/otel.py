"""Plain OpenTelemetry: the conventions' names and ours, nothing of any platform's."""

from __future__ import annotations

from agw.record import CallRecord
from agw.telemetry.dialects import events
from agw.telemetry.dialects.base import Attributes, Dialect
from agw.telemetry.semconv import content, core, present


def attributes(record: CallRecord, _: bool = False) -> Attributes:
    """``gen_ai.prompt.name`` is safe here only: Langfuse takes it for the prompt itself (platforms.md §0, trap 1)."""
    prompt = present({"gen_ai.prompt.name": record.attribution.prompt_name})
    return {**core(record), **prompt, **content(record)}


OTEL = Dialect("otel", attributes, events.common)
