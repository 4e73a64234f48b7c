"""What happens to a record between the end of its call and the journal: redaction, price, the config's expressions.

A finisher is a pure function. They run in their order, off the event loop, each with what the one before it gave.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from agw.config.snapshot import Snapshot
from agw.content.levels import ContentFinisher, Level
from agw.content.redactor import ALL, Redactor
from agw.pricing.pricer import Prices
from agw.record import CallRecord
from agw.record.transient import Transient
from agw.telemetry.access_log import ACCESS_LOG
from agw.telemetry.fields import adding
from agw.telemetry.metrics_registry import LABELS
from agw.telemetry.selection import field_name, only_if, withholding
from agw.telemetry.standard import naming

Finisher = Callable[[CallRecord, Transient], CallRecord]


def finishers_of(snapshot: Snapshot, prices: Prices) -> tuple[Finisher, ...]:
    """The finishers of a config, in the order in which they run: one line for each room that has one."""
    finishers: list[Finisher] = [prices.pricer(snapshot.catalog)]
    if (name := naming(snapshot.user, snapshot.group)) is not None:
        finishers.append(name)
    added = [(field_name(to.name, name), one) for to in snapshot.destinations for name, one in to.fields.add]
    added += [(field_name(LABELS, name), one) for name, one in snapshot.metrics.labels]
    added += [(field_name(ACCESS_LOG, name), one) for name, one in snapshot.logging.add]
    if added:
        finishers.append(adding(tuple(added)))
    if (withhold := withholding(snapshot.destinations)) is not None:
        finishers.append(withhold)
    if snapshot.logging.filter is not None:
        finishers.append(only_if(ACCESS_LOG, snapshot.logging.filter))
    # Last: fields may quote content.
    needed = snapshot.content_needed
    rules = snapshot.content.rules or (ALL if needed is Level.REDACTED else ())
    finishers.append(ContentFinisher(needed, Redactor(rules)))
    return tuple(finishers)


def finish(
    record: CallRecord, transient: Transient, finishers: Iterable[Finisher], failed: Callable[[Exception], None]
) -> CallRecord:
    """The record after all finishers. One that raises costs its own effect and no other's."""
    for one in finishers:
        try:
            record = one(record, transient)
        except Exception as error:
            failed(error)
    return record
