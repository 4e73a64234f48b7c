"""One record, many dialects: each platform's names, shapes and habits in a module of its own (platforms.md §4)."""

from __future__ import annotations

from agw.config.platform import Platform
from agw.telemetry.dialects.base import Attributes, Dialect, SpanEvent
from agw.telemetry.dialects.langfuse import LANGFUSE
from agw.telemetry.dialects.langsmith import LANGSMITH
from agw.telemetry.dialects.otel import OTEL
from agw.telemetry.dialects.phoenix import PHOENIX
from agw.telemetry.dialects.superset import SUPERSET

DIALECTS: dict[Platform, Dialect] = {
    Platform.OTEL: OTEL,
    Platform.PHOENIX: PHOENIX,
    Platform.LANGFUSE: LANGFUSE,
    Platform.LANGSMITH: LANGSMITH,
    Platform.SUPERSET: SUPERSET,
}
"""Of the platforms that take spans; Helicone takes a log of its own."""

__all__ = ["DIALECTS", "Attributes", "Dialect", "SpanEvent"]
