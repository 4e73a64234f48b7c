"""What a breakpoint's expression sees of a call that is about to begin: all that policies see of it, its prompt and
tools, and what the prompt is likely to cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast

from agw.cel.expression import Expression, ExpressionError, compile_expression
from agw.cel.scan import shown_name
from agw.cel.variables import Field, Keyed, Table, Variables
from agw.content.keys import holds_key
from agw.formats.base import Format
from agw.policies.facts import BEFORE, UnderWay
from agw.pricing.book import PriceBook
from agw.pricing.price import cost_parts, total
from agw.record import Content
from agw.telemetry.plain_messages import prompt
from agw.usage import Source, Usage


@dataclass(frozen=True, slots=True)
class Asked(UnderWay):
    """``provider`` and ``model`` are those that the call is likely to go to; ``estimate`` gives the prompt's tokens."""

    form: Format
    provider: str
    model: str | None
    estimate: Callable[[Mapping[str, Any]], int]
    book: PriceBook

    @property
    def values(self) -> Mapping[str, Any]:
        return self.view.body() or {}


def condition(source: str) -> Expression:
    """Raises ExpressionError, also for what is not known before a request is forwarded."""
    expression = compile_expression(source)
    for path in sorted(expression.reads or ()):
        fields = _TABLE.get(path[0])
        if fields is None:
            raise ExpressionError(
                f"'{path[0]}' is not known before a request is forwarded; there are {', '.join(_TABLE)}"
            )
        if isinstance(fields, Mapping) and len(path) > 1 and path[1] not in fields:
            named = f"{path[0]}.{shown_name(path[1])}"
            raise ExpressionError(f"there is no '{named}' before a request is forwarded; there are {', '.join(fields)}")
    return expression


def holds(expression: Expression, asked: Asked) -> bool:
    """Reading a long prompt takes its time: not on the loop."""
    return expression.evaluate(Variables(_TABLE, asked)) is True


def _content(asked: Asked) -> Content:
    return asked.form.request_content(asked.values)


def _tools(asked: Asked) -> list[str]:
    named = (one.get("name") for one in _content(asked).tool_definitions or ())
    return [name for name in named if isinstance(name, str)]


def _cost_usd(asked: Asked) -> Decimal | None:
    """Of the prompt alone: how long the answer will be, nobody knows yet."""
    found = asked.book.find(asked.provider, (asked.model,), datetime.now(UTC))
    if found is None:
        return None
    usage = Usage(input_tokens=asked.estimate(asked.values), output_tokens=0, source=Source.ESTIMATED)
    parts = cost_parts(usage, found.price)
    return None if parts is None else total(parts)


_TABLE: Table = {
    **BEFORE,
    "llm": {
        **cast(Mapping[str, Field | Keyed], BEFORE["llm"]),
        "provider": lambda asked: asked.provider,
        "prompt": lambda asked: prompt(_content(asked)),
        "tools": _tools,
        "estimatedInputTokens": lambda asked: asked.estimate(asked.values),
        "estimatedCost": _cost_usd,
        "hasSecret": lambda asked: holds_key(asked.values),
    },
}
