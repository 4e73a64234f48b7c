"""What a request to the page's API asks for, read from its query; wrong words are told, not guessed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from agw.journal.query import GROUPS, Which

_PERIOD = re.compile(r"(\d{1,4})([mhd])")
_SECONDS = {"m": 60, "h": 3600, "d": 86400}
_WORDS: Mapping[str, str] = {
    "model": "model",
    "provider": "provider",
    "user": "user",
    "group": "user_group",
    "session": "session",
    "key": "key_name",
    "route": "route",
    "agent": "user_agent",
    "error": "error_type",
    "operation": "operation",
}
"""Words of a search (``model:gpt-4o*``), and the columns that they mean."""
MEASURES = ("cost", "calls", "errors", "input_tokens", "output_tokens", "tokens")
MAX_CALLS = 500


class BadQuestion(Exception):
    """The message is for the person who wrote the address."""


@dataclass(frozen=True, slots=True)
class Asked:
    """``by`` groups, ``since_ns`` begins the period, ``step`` is how its time is divided: ``hour`` or ``day``."""

    by: str
    measure: str
    since_ns: int
    until_ns: int
    step: str

    @property
    def reads_every_call(self) -> bool:
        """Whether the hourly sums do not know this grouping."""
        return self.by in ("session", "agent", "error")

    def which(self, equal: Mapping[str, str] | None = None, status: str | None = None) -> Which:
        return Which(self.since_ns, self.until_ns, equal or {}, status)


def asked(query: Mapping[str, str], now_ns: int) -> Asked:
    """Raises BadQuestion."""
    period = query.get("since", "24h")
    found = _PERIOD.fullmatch(period)
    if found is None:
        raise BadQuestion("since: write for example 60m, 24h or 7d")
    seconds = int(found[1]) * _SECONDS[found[2]]
    by, measure = query.get("by", "model"), query.get("measure", "cost")
    if by not in GROUPS:
        raise BadQuestion(f"by: one of {', '.join(GROUPS)}")
    if measure not in MEASURES:
        raise BadQuestion(f"measure: one of {', '.join(MEASURES)}")
    return Asked(by, measure, now_ns - seconds * 10**9, now_ns + 10**9, "hour" if seconds <= 3 * 86400 else "day")


def limit_of(query: Mapping[str, str]) -> int:
    try:
        return max(1, min(int(query.get("limit", "100")), MAX_CALLS))
    except ValueError:
        raise BadQuestion("limit: a whole number") from None


def searched(text: str) -> tuple[dict[str, str], str | None]:
    """The columns and the state that a search asks for. Raises BadQuestion.

    Words are ``model:NAME``, ``user:NAME``, …, ``status:ok|error|partial``; ``*`` stands for anything; a word alone is
    a part of a model's name.
    """
    equal: dict[str, str] = {}
    status = None
    for word in text.split()[:20]:
        name, colon, value = word.partition(":")
        if not colon:
            equal["model"] = f"*{word}*"
        elif name == "status":
            if value not in ("ok", "error", "partial"):
                raise BadQuestion("status: one of ok, error, partial")
            status = value
        elif name not in _WORDS:
            raise BadQuestion(f"{name}: unknown; known are {', '.join(_WORDS)} and status")
        elif value:
            equal[_WORDS[name]] = value
    return equal, status
