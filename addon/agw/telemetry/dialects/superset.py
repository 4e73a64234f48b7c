"""One span that reads right in Langfuse, LangSmith and Phoenix alike, for a collector that feeds several of them
(platforms.md §4.2). Prompt and answer stand in it twice."""

from __future__ import annotations

from agw.record import CallRecord
from agw.telemetry import semconv
from agw.telemetry.dialects import events, langfuse, langsmith, phoenix
from agw.telemetry.dialects.base import Attributes, Dialect
from agw.telemetry.dialects.kinds import Kinds
from agw.telemetry.figures import Spent, spent_on
from agw.telemetry.semconv import content, core, present


def attributes(record: CallRecord, root: bool = False) -> Attributes:
    """Without ``gen_ai.prompt.name``, which Langfuse takes for the prompt where none was captured (trap 1)."""
    told = _KINDS.attributes(record, root)
    if record.content is not None:
        told |= phoenix.values(record)
        told |= content(record)
    return told


def whole(record: CallRecord, root: bool) -> Attributes:
    """What is not content."""
    spent = spent_on(record)
    return {
        **core(record),
        **present(_totals(record, spent)),
        **phoenix.openinference(record),
        **langfuse.observation(record, root, spent),
        **langsmith.run(record, spent),
    }


def figures(record: CallRecord) -> Attributes:
    """What differs from call to call."""
    spent = spent_on(record)
    return present(
        {
            **semconv.figures(record),
            **_totals(record, spent),
            **phoenix.figures(record, spent.total_usd if spent else None),
            **langfuse.figures(record, spent),
            **langsmith.figures(record, spent),
        }
    )


def _totals(record: CallRecord, spent: Spent | None) -> dict[str, int | float | None]:
    usage = record.answer.usage
    return {
        "gen_ai.usage.total_tokens": usage.total_tokens if usage else None,
        "gen_ai.usage.cost": spent.total_usd if spent else None,
    }


_KINDS = Kinds(whole, figures)
SUPERSET = Dialect("superset", attributes, events.with_new_token)
