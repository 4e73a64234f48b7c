"""``promptGuard``: what a prompt or a whole answer may not hold is masked, or the call is refused.

Streams are not looked at, as in the reference's default: what streams is never held back.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agw.config.guard_rules import Guard, Rejection, Scope
from agw.errors import GuardRejected
from agw.policies.texts import ANSWER_FIELDS, REQUEST_FIELDS, Slot, answer_slots, request_slots

REJECTED = "The request was rejected due to inappropriate content"


@dataclass(frozen=True, slots=True)
class Guarded:
    """``changes``: the body's fields, by name, in which something was masked; ``masked``: the rules' names."""

    changes: Mapping[str, Any] = field(default_factory=dict)
    masked: tuple[str, ...] = ()


def guard_request(guards: Sequence[Guard], body: Mapping[str, Any]) -> Guarded:
    """``body`` is the client's, in its own format, and stays as it is. Raises GuardRejected."""
    return _guard(guards, body, REQUEST_FIELDS, request_slots, scoped=True)


def guard_answer(guards: Sequence[Guard], body: Mapping[str, Any]) -> Guarded:
    """The same for a whole answer, in the client's format."""
    return _guard(guards, body, ANSWER_FIELDS, answer_slots, scoped=False)


def _guard(
    guards: Sequence[Guard],
    body: Mapping[str, Any],
    fields: Sequence[str],
    slots: Callable[[dict[str, Any]], Iterator[Slot]],
    *,
    scoped: bool,
) -> Guarded:
    looked_at = {name: body[name] for name in fields if name in body}
    masked: list[str] = []
    changed: set[str] = set()
    for guard in guards:
        found = _found(guard, looked_at, slots, guard.scopes if scoped else None)
        if not found:
            continue
        if guard.rejects:
            raise _rejected(guard.rejection)
        if not changed:
            looked_at = copy.deepcopy(looked_at)
        for name in looked_at:
            alone = {name: looked_at[name]}
            for slot in slots(alone):
                if not scoped or slot.scope in guard.scopes:
                    text = _masked(guard, slot.text)
                    if text != slot.text:
                        slot.container[slot.key] = text
                        changed.add(name)
            looked_at[name] = alone[name]
        masked += [one for one in found if one not in masked]
    return Guarded({name: looked_at[name] for name in fields if name in changed}, tuple(masked))


def _found(
    guard: Guard,
    body: dict[str, Any],
    slots: Callable[[dict[str, Any]], Iterator[Slot]],
    scopes: frozenset[Scope] | None,
) -> list[str]:
    texts = [slot.text for slot in slots(body) if scopes is None or slot.scope in scopes]
    return [rule.name for rule in guard.rules if any(rule.pattern.search(text) is not None for text in texts)]


def _masked(guard: Guard, text: str) -> str:
    for rule in guard.rules:
        text = rule.pattern.sub(rule.mask, text)
    return text


def _rejected(rejection: Rejection) -> GuardRejected:
    return GuardRejected(REJECTED, rejection.status, rejection.body, rejection.headers)
