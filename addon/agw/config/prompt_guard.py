"""``promptGuard`` and ``guardrails`` (agentgateway.md §1.8)."""

from __future__ import annotations

from agw.cel.patterns import compiled
from agw.config.guard_rules import Guard, GuardRule, PromptGuard, Rejection, Scope
from agw.config.reader import At

_SSN_AREA = r"(?:00[1-9]|0[1-9]\d|[1-578]\d{2}|6[0-57-9]\d|66[0-57-9])"
_SSN_SERIAL = r"(?:000[1-9]|00[1-9]\d|0[1-9]\d{2}|[1-9]\d{3})"
_CARD_PREFIX = r"(?:4\d{3}|5[1-5]\d{2}|2[2-7]\d{2}|6011|65\d{2}|3[47]\d{2}|30[0-5]\d|3[68]\d{2})"
_BUILTIN = {
    "ssn": (rf"\b{_SSN_AREA}[- ]?(?:0[1-9]|[1-9]\d)[- ]?{_SSN_SERIAL}\b", "<SSN>"),
    "creditCard": (rf"\b{_CARD_PREFIX}(?:[ -]?\d){{10,12}}\b", "<CREDIT_CARD>"),
    "phoneNumber": (r"(?:\+\d{1,3}[ .-]?)?(?:\(\d{3}\)|\b\d{3})[ .-]?\d{3}[ .-]?\d{4}\b", "<PHONE_NUMBER>"),
    "email": (r"\b[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}\b", "<EMAIL_ADDRESS>"),
    "caSin": (r"\b\d{3}[- ]\d{3}[- ]\d{3}\b", "<CA_SIN>"),
}
"""The reference's names, with a pattern and what stands in for what it finds."""
_MASK = "<masked>"


def prompt_guard(at: At) -> PromptGuard | None:
    if not at:
        return None
    return PromptGuard(_guards(at["request"]), _guards(at["response"]))


def _guards(at: At) -> tuple[Guard, ...]:
    return tuple(_guard(one) for one in at.items() if one["regex"])


def _guard(at: At) -> Guard:
    regex = at["regex"]
    rules = tuple(rule for one in regex["rules"].items() if (rule := _rule(one)) is not None)
    written = [Scope(text) for one in at["scope"].items() if (text := one.text()) in list(Scope)]
    return Guard(
        rules=rules,
        rejects=regex["action"].text() == "reject",
        rejection=_rejection(at["rejection"]),
        scopes=frozenset(written) if written else frozenset({Scope.SYSTEM, Scope.MESSAGES}),
    )


def _rule(at: At) -> GuardRule | None:
    builtin = at["builtin"].text()
    if builtin is not None:
        pattern, mask = _BUILTIN.get(builtin, ("", ""))
        return GuardRule(builtin, compiled(pattern), mask) if pattern else None
    text = at["pattern"].text()
    if text is None:
        return None
    if not text:
        at["pattern"].wrong("an empty pattern finds everything", "write a regular expression")
        return None
    try:
        return GuardRule("pattern", compiled(text), _MASK)
    except ValueError as error:
        at["pattern"].wrong(str(error), "$$ stands for one dollar")
        return None


def _rejection(at: At) -> Rejection:
    status = at["status"].number()
    if status is not None and not 200 <= status < 600:
        at["status"].wrong("not a status that an answer can have", "write a number from 200 to 599")
    headers = [
        (name, value)
        for group in ("set", "add")
        for name, one in at["headers"][group].members()
        if At(at.report, one.path, name).header_name() and (value := one.header_value()) is not None
    ]
    return Rejection(status or 403, at["body"].text(), tuple(headers))
