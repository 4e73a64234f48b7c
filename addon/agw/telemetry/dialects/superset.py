"""One span that reads right in Langfuse, LangSmith and Phoenix alike, for a collector that feeds several of them
(platforms.md §4.2). Prompt and answer stand in it twice."""

from __future__ import annotations

from agw.record import CallRecord
from agw.telemetry.dialects import events, langfuse, langsmith, phoenix
from agw.telemetry.dialects.base import Attributes, Dialect
from agw.telemetry.semconv import content, core, cost_of, present


def attributes(record: CallRecord, root: bool = False) -> Attributes:
    """Without ``gen_ai.prompt.name``, which Langfuse takes for the prompt where none was captured (trap 1)."""
    usage, cost = record.answer.usage, cost_of(record)
    return {
        **core(record),
        **present(
            {
                "gen_ai.usage.total_tokens": usage.total_tokens if usage else None,
                "gen_ai.usage.cost": float(cost.total_usd) if cost else None,
            }
        ),
        **phoenix.openinference(record),
        **langfuse.observation(record, root),
        **langsmith.run(record),
        **phoenix.values(record),
        **content(record),
    }


SUPERSET = Dialect("superset", attributes, events.with_new_token)
