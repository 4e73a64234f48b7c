"""One span that reads right in Langfuse, LangSmith and Phoenix alike, for a collector that feeds several of them
(platforms.md §4.2). Prompt and answer stand in it twice."""

from __future__ import annotations

from agw.record import CallRecord
from agw.telemetry.dialects import events, langfuse, langsmith, phoenix
from agw.telemetry.dialects.base import Attributes, Dialect
from agw.telemetry.semconv import content, core, dollars_of, present


def attributes(record: CallRecord, root: bool = False) -> Attributes:
    """Without ``gen_ai.prompt.name``, which Langfuse takes for the prompt where none was captured (trap 1)."""
    usage, usd = record.answer.usage, dollars_of(record)
    return {
        **core(record, usd),
        **present(
            {
                "gen_ai.usage.total_tokens": usage.total_tokens if usage else None,
                "gen_ai.usage.cost": None if usd is None else usd.total,
            }
        ),
        **phoenix.openinference(record, usd),
        **langfuse.observation(record, root, usd),
        **langsmith.run(record, usd),
        **phoenix.values(record),
        **content(record),
    }


SUPERSET = Dialect("superset", attributes, events.with_new_token)
