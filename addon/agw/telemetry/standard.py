"""``config.standardAttributes``: the user and the group of a call by the config's own expressions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from agw.cel import Expression
from agw.record import CallRecord
from agw.record.attribution import shown
from agw.record.transient import Transient
from agw.telemetry.variables import variables_of


def naming(user: Expression | None, group: Expression | None) -> Callable[[CallRecord, Transient], CallRecord] | None:
    """A finisher that puts what the expressions give over what headers, bodies and claims say; None without any.

    An expression that gives nothing, or no text, leaves the record as it is.
    """
    if user is None and group is None:
        return None

    def name(record: CallRecord, transient: Transient) -> CallRecord:
        variables, who = variables_of(record, transient), record.attribution
        said = (None if one is None else shown(one.evaluate(variables)) for one in (user, group))
        named_user, named_group = said
        attribution = replace(who, user=named_user or who.user, group=named_group or who.group)
        return replace(record, attribution=attribution)

    return name
