"""One line for each finished call, in the names of agentgateway.md §2.8; text or JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime

from agw.config.signals import LogFormat, Logging
from agw.record import CallRecord, FieldValue
from agw.record.line import readable
from agw.telemetry.fields import without
from agw.telemetry.selection import fields_for

ACCESS_LOG = "logging"
"""The name under which the record holds the line's own fields, and whether its filter withholds it."""
_PLAIN = re.compile(r"[^\s\"=\\\x00-\x1f\x7f]+")


def line_of(record: CallRecord, logging: Logging) -> str | None:
    """None where the config wants no line."""
    if not logging.on or ACCESS_LOG in record.withheld:
        return None
    if logging.format is LogFormat.READABLE:
        return readable(record)
    fields = without({**built_in(record), **fields_for(record, ACCESS_LOG)}, logging.remove)
    return _json(record, fields) if logging.format is LogFormat.JSON else _text(record, fields)


def built_in(record: CallRecord) -> dict[str, FieldValue]:
    usage, answer, error = record.answer.usage, record.answer, record.error
    every: Mapping[str, FieldValue | None] = {
        "gateway": record.gateway,
        "listener": record.listener,
        "route": record.route,
        "endpoint": f"{record.server_address}:{record.server_port}" if record.server_address else None,
        "src.addr": record.client_address,
        "http.method": record.http_method,
        "http.path": record.url_path,
        "http.status": record.http_status,
        "trace.id": record.ids.trace_id if record.ids.sampled else None,
        "span.id": record.ids.span_id if record.ids.sampled else None,
        "protocol": "llm",
        "gen_ai.operation.name": record.request.operation,
        "gen_ai.provider.name": record.provider,
        "gen_ai.request.model": record.request.model,
        "gen_ai.response.model": answer.model,
        "gen_ai.usage.input_tokens": usage.input_tokens if usage else None,
        "gen_ai.usage.cache_creation.input_tokens": usage.cache_write_tokens if usage else None,
        "gen_ai.usage.cache_read.input_tokens": usage.cache_read_tokens if usage else None,
        "gen_ai.usage.output_tokens": usage.output_tokens if usage else None,
        "gen_ai.usage.reasoning_tokens": usage.reasoning_tokens if usage else None,
        "agw.ai.time_to_first_token": record.time_to_first_token_s,
        "agw.ai.usage.cost.total": None if record.cost is None else format(record.cost.total_usd, "f"),
        "user": record.attribution.user,
        "retry.attempt": len(record.attempts) - 1 if len(record.attempts) > 1 else None,
        "reason": error.type if error else None,
        "error": error.message if error else None,
        "duration": f"{round(record.duration_s * 1000)}ms",
    }
    return {name: value for name, value in every.items() if value is not None}


def _text(record: CallRecord, fields: Mapping[str, FieldValue]) -> str:
    """No value can begin another field or another line."""
    shown = (f"{_word(name)}={_word(value)}" for name, value in fields.items())
    return " ".join([_time(record), "info", "request", *shown])


def _word(value: FieldValue) -> str:
    text = str(value)
    return text if _PLAIN.fullmatch(text) and text.isprintable() else json.dumps(text, ensure_ascii=True)


def _json(record: CallRecord, fields: Mapping[str, FieldValue]) -> str:
    line = {"time": _time(record), "level": "info", "scope": "request", **fields}
    return json.dumps(line, ensure_ascii=True, separators=(",", ":"))


def _time(record: CallRecord) -> str:
    return datetime.fromtimestamp(record.end_ns / 1e9, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
