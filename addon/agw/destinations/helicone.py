"""Helicone's manual log: one POST of JSON for each call."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agw.config.snapshot import Destination
from agw.content.levels import content_for
from agw.content.redactor import Redactor
from agw.destinations.base import Encoded
from agw.destinations.outcome import Kind, Outcome
from agw.record import CallRecord
from agw.telemetry.dialects.helicone import HeliconeLog, log_of
from agw.telemetry.selection import wanted

if TYPE_CHECKING:
    from agw.destinations.post import Poster


@dataclass(frozen=True, slots=True)
class HeliconeReceiver:
    settings: Destination

    @property
    def place(self) -> str:
        return self.settings.endpoint + self.settings.path.partition("?")[0]

    @property
    def name(self) -> str:
        return f"{self.settings.name} {self.place}"

    def wants(self, record: CallRecord) -> bool:
        return wanted(record, self.settings)

    def open(self, environ: Mapping[str, str]) -> HeliconeChannel:
        # Imported when needed, as the transports of a collector are.
        from agw.destinations.post import Poster

        return HeliconeChannel(self.settings, Poster(self.settings, environ, compress=False))


class HeliconeChannel:
    """A log that was taken is taken again with the same request id, so a repetition after a crash does no harm."""

    max_bytes = 4 * 1024 * 1024
    max_items = 1

    def __init__(self, settings: Destination, poster: Poster) -> None:
        self._settings, self._poster = settings, poster
        self._redactor = Redactor(settings.redact)

    def encode(self, record: CallRecord) -> Encoded:
        log = log_of(content_for(record, self._settings.content, self._redactor))
        return Encoded(log, len(log.body))

    def send(self, items: Sequence[Any], *, at_most_s: float = math.inf) -> Outcome:
        log: HeliconeLog
        for log in items:
            url = self._settings.endpoint + (self._settings.path or log.path)
            headers = {**log.headers, "Content-Type": "application/json"}
            answer = self._poster.post(url, log.body, headers, at_most_s=at_most_s)
            outcome = answer if isinstance(answer, Outcome) else self._poster.outcome(answer)
            if outcome.kind is not Kind.OK:
                return outcome
        return Outcome(Kind.OK)

    def close(self) -> None:
        self._poster.close()
