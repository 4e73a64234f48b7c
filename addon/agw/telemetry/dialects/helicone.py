"""Helicone's manual log (platforms.md §2.4): a request and an answer as JSON, not a span.

Its OTLP endpoint knows neither status nor tool calls nor cached tokens. The log wants the provider's own bodies; the
record has none, so both are written anew in the shape of Chat Completions, which Helicone reads for every provider. A
stream is told as a stream of one event, because Helicone reads the time to the first token of streams only.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from agw.content.size import content_json, smaller, without_content
from agw.record import CallRecord
from agw.telemetry.dialects import events, openai_shape
from agw.telemetry.ids import call_uuid
from agw.telemetry.semconv import cost_of, session_of
from agw.telemetry.text import clean
from agw.usage import Usage

MAX_BYTES = 3_500_000
"""Of one log; Helicone takes 10 MB."""
_URL = "custom-model-nopath"
"""What Helicone's own clients write where the provider's URL says nothing."""
_CANCELLED, _FAILED = -3, 500
_PROVIDERS = {
    "azure.ai.openai": "AZURE",
    "azure.ai.inference": "AZURE",
    "aws.bedrock": "AWS",
    "gcp.gemini": "GOOGLE",
    "gcp.gen_ai": "GOOGLE",
    "gcp.vertex_ai": "GOOGLE",
    "mistral_ai": "MISTRAL",
    "x_ai": "X",
}
_UNFIT = re.compile(r"[^A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class HeliconeLog:
    """``path`` below the host, ``headers`` beside the key's, ``body`` as UTF-8 JSON."""

    path: str
    headers: dict[str, str]
    body: bytes


def log_of(record: CallRecord) -> HeliconeLog:
    """With as much content as fits, and without it where it is no JSON."""
    path = "/oai/v1/log" if record.provider == "openai" else "/custom/v1/log"
    meta = _meta(record)
    body = b""
    for one in smaller(record):
        try:
            body = _encoded(one, meta)
        except (ValueError, TypeError, RecursionError):
            if record.content is None:
                raise
            body = _encoded(without_content(record), meta)
        if one.content is None or len(body) <= MAX_BYTES:
            break
    # Helicone reads some of them here and some in the body.
    return HeliconeLog(path, {name: value for name, value in meta.items() if value.isascii()}, body)


def _encoded(record: CallRecord, meta: dict[str, str]) -> bytes:
    # Lone surrogates of a client are no UTF-8.
    return (content_json(_log(record, meta)) or "").encode("utf-8", "replace")


def _log(record: CallRecord, meta: dict[str, str]) -> dict[str, Any]:
    first_ns = events.first_token_ns(record)
    timing: dict[str, Any] = {"startTime": _moment(record.start_ns), "endTime": _moment(record.end_ns)}
    if first_ns is not None:
        timing["timeToFirstToken"] = (first_ns - record.start_ns) // 1_000_000
    return {
        "providerRequest": {"url": _URL, "json": _request(record), "meta": meta},
        "providerResponse": {"status": _status(record), "headers": {}, **_response(record)},
        "timing": timing,
        "provider": _PROVIDERS.get(record.provider, _UNFIT.sub("_", record.provider).upper()),
    }


def _request(record: CallRecord) -> dict[str, Any]:
    asked = record.request
    parameters = {
        "model": asked.model,
        "stream": True if asked.stream else None,
        "temperature": asked.temperature,
        "top_p": asked.top_p,
        "max_tokens": asked.max_tokens,
        "frequency_penalty": asked.frequency_penalty,
        "presence_penalty": asked.presence_penalty,
        "seed": asked.seed,
        "n": asked.choice_count,
        "stop": list(asked.stop_sequences) if asked.stop_sequences else None,
        "dimensions": asked.dimension_count,
    }
    known = {name: value for name, value in parameters.items() if value is not None}
    return {**known, **(openai_shape.prompt(record) or {"messages": []})}


def _response(record: CallRecord) -> dict[str, Any]:
    """``json``, and for a stream ``textBody`` with the events."""
    if (error := record.error) is not None and record.answer.usage is None:
        return {"json": {"error": {"type": clean(error.type), "message": clean(error.message)}}}
    stream = record.request.stream
    reasons = record.answer.finish_reasons or ()
    choices = [
        {
            "index": index,
            "delta" if stream else "message": _indexed(message) if stream else message,
            "finish_reason": reasons[index] if index < len(reasons) else None,
        }
        for index, message in enumerate(_messages(record))
    ]
    body = {
        "id": record.answer.response_id,
        "object": "chat.completion.chunk" if stream else "chat.completion",
        "created": record.start_ns // 1_000_000_000,
        "model": record.answer.model or record.request.model,
        "choices": choices,
        "usage": usage_of(record),
    }
    body = {name: value for name, value in body.items() if value is not None}
    if not stream:
        return {"json": body}
    return {"json": {}, "textBody": f"data: {json.dumps(body, ensure_ascii=False)}\n\ndata: [DONE]\n\n"}


def usage_of(record: CallRecord) -> dict[str, Any] | None:
    """Counts include their parts; ``cost`` is what Helicone takes over its own price list."""
    usage, cost = record.answer.usage, cost_of(record)
    counts = _counts(usage) if usage else {}
    if cost is not None:
        counts["cost"] = float(cost.total_usd)
    return counts or None


def _counts(usage: Usage) -> dict[str, Any]:
    inside = {
        "cached_tokens": usage.cache_read_tokens,
        "cache_write_tokens": usage.cache_write_tokens,
        "audio_tokens": usage.input_audio_tokens,
    }
    thought = {"reasoning_tokens": usage.reasoning_tokens, "audio_tokens": usage.output_audio_tokens}
    counts = {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.total_tokens,
        "prompt_tokens_details": {name: count for name, count in inside.items() if count is not None} or None,
        "completion_tokens_details": {name: count for name, count in thought.items() if count is not None} or None,
    }
    return {name: count for name, count in counts.items() if count is not None}


def _messages(record: CallRecord) -> list[dict[str, Any]]:
    shaped = openai_shape.completion(record)
    if shaped is None:
        return [{"role": "assistant", "content": None}] if record.answer.finish_reasons else []
    messages: list[dict[str, Any]] = shaped.get("messages", [shaped])
    return messages


def _indexed(message: dict[str, Any]) -> dict[str, Any]:
    """Tool calls of a stream carry their place."""
    calls = message.get("tool_calls")
    return message if not calls else {**message, "tool_calls": [{"index": i, **one} for i, one in enumerate(calls)]}


def _meta(record: CallRecord) -> dict[str, str]:
    who, session = record.attribution, session_of(record)
    told = {
        "Helicone-Request-Id": call_uuid(record.ids.trace_id, record.ids.span_id),
        "Helicone-User-Id": who.user,
        "Helicone-Session-Id": session,
        "Helicone-Session-Name": who.trace_name if session else None,
        "Helicone-Session-Path": f"/{who.trace_name or record.request.operation}" if session else None,
        "Helicone-Prompt-Id": who.prompt_name,
        "Helicone-Prompt-Version": who.prompt_version,
        "Helicone-Property-Environment": who.environment,
        "Helicone-Property-Tags": ",".join(who.tags) or None,
        "Helicone-Property-Key": who.key_name,
        "Helicone-Property-Route": record.route,
        "Helicone-Property-Trace-Id": record.ids.trace_id,
        **{f"Helicone-Property-{_UNFIT.sub('-', name)}": value for name, value in who.metadata.items()},
    }
    return {name: " ".join(clean(value).split()) for name, value in told.items() if value}


def _status(record: CallRecord) -> int:
    """The HTTP status; Helicone has a number of its own for a client that left."""
    if record.error is not None and record.error.type == "client_disconnected":
        return _CANCELLED
    return record.http_status if record.http_status is not None else _FAILED


def _moment(time_ns: int) -> dict[str, int]:
    return {"seconds": time_ns // 1_000_000_000, "milliseconds": time_ns % 1_000_000_000 // 1_000_000}
