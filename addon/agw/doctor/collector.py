"""Whether each destination takes a real test record."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Mapping

from agw.config.snapshot import Snapshot
from agw.destinations.base import Receiver
from agw.destinations.outcome import Kind
from agw.destinations.receivers import receivers
from agw.doctor.finding import Finding, Level
from agw.record import AnswerFacts, CallRecord, RequestFacts, SpanIds

_LIMIT_S = 10.0


def check(snapshot: Snapshot, environ: Mapping[str, str]) -> Iterator[Finding]:
    found = receivers(snapshot)
    if not found:
        yield Finding(
            Level.ODD,
            "collector: the config names none, so calls are only in the journal",
            "write config.tracing.otlpEndpoint, or destinations, to see them on a platform",
        )
    for receiver in found:
        yield _sent(receiver, environ)


def test_record(now_ns: int) -> CallRecord:
    """A call that nobody made, easily told from the real ones."""
    return CallRecord(
        ids=SpanIds(secrets.token_hex(16), secrets.token_hex(8)),
        start_ns=now_ns - 1_000_000,
        end_ns=now_ns,
        provider="agw",
        request=RequestFacts("agw", "detect", model="doctor"),
        answer=AnswerFacts(model="doctor", complete=True),
        notes=("test span of agw doctor",),
    )


def _sent(receiver: Receiver, environ: Mapping[str, str]) -> Finding:
    where = f"collector: {receiver.place}"
    try:
        channel = receiver.open(environ)
    except OSError as error:
        return Finding(Level.BAD, f"{where}: {error.strerror or type(error).__name__}", "see the variables it names")
    except ValueError as error:
        return Finding(Level.BAD, f"{where}: {error}", "correct the config")
    try:
        record = test_record(time.time_ns())
        outcome = channel.send([channel.encode(record).item], at_most_s=_LIMIT_S)
    finally:
        channel.close()
    if outcome.kind is Kind.OK and not outcome.rejected:
        told = f" and says: {outcome.detail}" if outcome.detail else ""
        return Finding(Level.GOOD, f"{where} took test span {record.ids.span_id} of trace {record.ids.trace_id}{told}")
    advice = "start it, or correct its endpoint, protocol, path or headers; calls wait in the journal meanwhile"
    return Finding(Level.BAD, f"{where} did not take a test span: {outcome.detail or outcome.kind.name}", advice)
