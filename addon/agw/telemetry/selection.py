"""Which records a destination is given, and which of the config's own fields are its own.

``CallRecord.fields`` holds what all destinations' ``fields.add`` said. Those of ``config.tracing`` stand there under
the attribute's name; those of another destination under ``NAME::attribute``, so that two of them may use one name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from agw.cel import Expression, Variables
from agw.config.snapshot import Destination, Snapshot
from agw.record import CallRecord, FieldValue
from agw.record.transient import Transient
from agw.telemetry.variables import variables_of

TRACING = "tracing"
"""The name of ``config.tracing`` among the destinations."""
_OF = "::"


def field_name(destination: str, attribute: str) -> str:
    """Where a destination's field stands in ``CallRecord.fields``."""
    return attribute if destination == TRACING else f"{destination}{_OF}{attribute}"


def fields_for(record: CallRecord, destination: str) -> Mapping[str, FieldValue]:
    """The destination's own fields, by attribute."""
    if destination == TRACING:
        return {name: value for name, value in record.fields.items() if _OF not in name}
    prefix = f"{destination}{_OF}"
    return {name.removeprefix(prefix): value for name, value in record.fields.items() if name.startswith(prefix)}


def wanted(record: CallRecord, destination: Destination) -> bool:
    """Whether the record goes there. Its own ids draw the lot, so that every ask has the same answer."""
    if destination.sampled_only and not record.ids.sampled:
        return False
    if destination.name in record.withheld:
        return False
    return isinstance(destination.share, Expression) or _drawn(record, destination.share)


def reads_content(snapshot: Snapshot) -> bool:
    """Whether an expression names what a client's body does not tell: the answer, which is kept for it then."""
    every = [one for to in snapshot.destinations for one in (*_values(to.fields.add), to.filter, to.share)]
    every += [*_values(snapshot.metrics.labels), *_values(snapshot.logging.add), snapshot.logging.filter]
    return any(
        one.reads_any("llm", name)
        for one in every
        if isinstance(one, Expression)
        for name in ("completion", "toolCalls")
    )


def _values(named: Iterable[tuple[str, Expression]]) -> Iterable[Expression]:
    return (one for _, one in named)


def withholding(destinations: Iterable[Destination]) -> Callable[[CallRecord, Transient], CallRecord] | None:
    """A finisher that notes which destinations' expressions keep the record from them; None where there are none.

    An expression that fails lets nothing through.
    """
    asked = [one for one in destinations if one.filter is not None or isinstance(one.share, Expression)]
    if not asked:
        return None

    def withhold(record: CallRecord, transient: Transient) -> CallRecord:
        variables = variables_of(record, transient)
        names = tuple(one.name for one in asked if not _let_through(record, one, variables))
        return replace(record, withheld=names) if names else record

    return withhold


def only_if(name: str, condition: Expression) -> Callable[[CallRecord, Transient], CallRecord]:
    """A finisher that keeps the record from ``name`` unless ``condition`` is true."""

    def withhold(record: CallRecord, transient: Transient) -> CallRecord:
        if condition.evaluate(variables_of(record, transient)) is True:
            return record
        return replace(record, withheld=(*record.withheld, name))

    return withhold


def _let_through(record: CallRecord, destination: Destination, variables: Variables) -> bool:
    if destination.filter is not None and destination.filter.evaluate(variables) is not True:
        return False
    if not isinstance(destination.share, Expression):
        return True
    share = destination.share.evaluate(variables)
    return isinstance(share, bool | int | float) and _drawn(record, float(share))


def _drawn(record: CallRecord, share: float) -> bool:
    # The span's id, not the trace's: calls of one trace draw apart, as they do at the head.
    return share >= 1.0 or int(record.ids.span_id, 16) < share * 2**64
