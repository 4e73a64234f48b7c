"""What the config's expressions see of a finished call, in the names of agentgateway.md §2.6.

A figure that the record does not know is absent, as everywhere: an expression that reads it has no value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from agw.cel.environment import environment
from agw.cel.plain import to_json
from agw.cel.variables import Field, Keyed, Table, Variables
from agw.cel.views import header_map, header_value
from agw.formats.registry import FORMATS
from agw.record import CallRecord, Content
from agw.record.transient import Transient
from agw.telemetry.plain_messages import completion, prompt, tool_calls

PREFIX_CHARS = 8192
"""Of ``request.bodyPrefix`` and ``response.bodyPrefix``."""


def variables_of(record: CallRecord, transient: Transient) -> Variables:
    return Variables(_TABLE, _Finished(record, transient))


class _Finished:
    """A finished call. Prompt and answer are the record's, which redaction has been over, or read from the bodies where
    it has none."""

    def __init__(self, record: CallRecord, transient: Transient) -> None:
        self.record, self.transient = record, transient
        self.claims, self.usage = transient.claims, record.answer.usage

    def asked(self) -> Content | None:
        body, form = self.transient.request_body, FORMATS.get(self.record.request.api_type)
        if self.record.content is not None:
            return self.record.content
        return None if body is None or form is None else form.request_content(body)

    def answered(self) -> list[dict[str, Any]] | None:
        body, form = self.transient.answer, FORMATS.get(self.record.request.api_type)
        if self.record.content is not None:
            return self.record.content.output_messages
        return None if body is None or form is None else form.answer_content(body)

    def host(self) -> str:
        return next(iter(self.transient.request_headers.get("host", ())), "")

    def target(self) -> str:
        return self.transient.target or self.record.url_path


def _tokens(name: str) -> Field:
    return lambda call: None if call.usage is None else getattr(call.usage, name)


def _total_tokens(call: _Finished) -> int | None:
    usage = call.usage
    if usage is None or usage.input_tokens is None or usage.output_tokens is None:
        return None
    return usage.input_tokens + usage.output_tokens


def _params(call: _Finished) -> dict[str, Any]:
    request = call.record.request
    return _known(
        {
            "temperature": _double(request.temperature),
            "top_p": _double(request.top_p),
            "frequency_penalty": _double(request.frequency_penalty),
            "presence_penalty": _double(request.presence_penalty),
            "seed": request.seed,
            "max_tokens": request.max_tokens,
            "encoding_format": ",".join(request.encoding_formats) if request.encoding_formats else None,
            "dimensions": request.dimension_count,
        }
    )


def _cost(call: _Finished) -> dict[str, Any] | None:
    cost = call.record.cost
    if cost is None:
        return None
    return {"total": cost.total_usd, **{_COST_PARTS.get(name, name): value for name, value in cost.parts.items()}}


def _upstream(call: _Finished) -> timedelta | None:
    overhead_s = call.record.overhead_s
    return _seconds(None if overhead_s is None else max(call.record.duration_s - overhead_s, 0.0))


def _status(call: _Finished) -> int | None:
    return call.transient.http_status if call.record.http_status is None else call.record.http_status


_COST_PARTS = {
    "cache_read": "cacheRead",
    "cache_write": "cacheWrite",
    "input_audio": "inputAudio",
    "output_audio": "outputAudio",
}


def _known(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _double(value: float | None) -> float | None:
    """A body's ``1`` is the double that the language wants beside other doubles."""
    return None if value is None else float(value)


def _json(body: Mapping[str, Any] | None) -> str | None:
    return None if body is None else to_json(body)


def _time(at_ns: int) -> datetime:
    return datetime.fromtimestamp(at_ns / 1e9, UTC)


def _seconds(duration_s: float | None) -> timedelta | None:
    return None if duration_s is None else timedelta(seconds=duration_s)


def _headers(of: Callable[[_Finished], Mapping[str, Sequence[str]]]) -> Keyed:
    return Keyed(lambda call: header_map(of(call)), lambda call, name: header_value(of(call), name))


_TABLE: Table = {
    "request": {
        "method": lambda call: call.record.http_method,
        "host": lambda call: call.host() or None,
        "scheme": lambda call: "http",
        "path": lambda call: call.record.url_path,
        "pathAndQuery": lambda call: call.target(),
        "uri": lambda call: f"http://{call.host()}{call.target()}",
        "headers": _headers(lambda call: call.transient.request_headers),
        "body": lambda call: _json(call.transient.request_body),
        "bodyPrefix": lambda call: (_json(call.transient.request_body) or "")[:PREFIX_CHARS] or None,
        "startTime": lambda call: _time(call.record.start_ns),
        "endTime": lambda call: _time(call.record.end_ns),
    },
    "response": {
        "code": _status,
        "headers": _headers(lambda call: call.transient.response_headers),
        "body": lambda call: _json(call.transient.answer),
        "bodyPrefix": lambda call: (_json(call.transient.answer) or "")[:PREFIX_CHARS] or None,
    },
    "llm": {
        "streaming": lambda call: call.record.request.stream,
        "requestModel": lambda call: call.record.request.model,
        "responseModel": lambda call: call.record.answer.model,
        "provider": lambda call: call.record.provider,
        "inputTokens": _tokens("input_tokens"),
        "inputAudioTokens": _tokens("input_audio_tokens"),
        "cachedInputTokens": _tokens("cache_read_tokens"),
        "cacheCreationInputTokens": _tokens("cache_write_tokens"),
        "outputTokens": _tokens("output_tokens"),
        "outputAudioTokens": _tokens("output_audio_tokens"),
        "reasoningTokens": _tokens("reasoning_tokens"),
        "totalTokens": _total_tokens,
        "providerTotalTokens": _tokens("total_tokens"),
        "serviceTier": lambda call: call.record.answer.service_tier or call.record.request.service_tier,
        "timeToFirstToken": lambda call: call.record.time_to_first_token_s,
        "timePerOutputToken": lambda call: call.record.time_per_output_token_s,
        "prompt": lambda call: prompt(call.asked()),
        "completion": lambda call: completion(call.answered()),
        "toolCalls": lambda call: tool_calls(call.answered()),
        "params": _params,
        "cost": _cost,
    },
    "llmRequest": lambda call: call.transient.request_body,
    "jwt": lambda call: call.claims.jwt,
    "apiKey": lambda call: call.claims.api_key,
    "basicAuth": lambda call: call.claims.basic_auth,
    "source": {"address": lambda call: call.record.client_address},
    "destination": {
        "address": lambda call: call.record.server_address,
        "port": lambda call: call.record.server_port,
    },
    "backend": {
        "name": lambda call: call.record.backend,
        "type": lambda call: "ai",
        "protocol": lambda call: "llm",
    },
    "proxy": {
        "bind": lambda call: call.record.gateway,
        "gateway": lambda call: call.record.gateway,
        "listener": lambda call: call.record.listener,
        "route": lambda call: call.record.route,
        "requestProcessingDuration": lambda call: _seconds(call.record.overhead_s),
        "upstreamDuration": _upstream,
    },
    "metadata": lambda call: {**call.record.attribution.metadata, **call.transient.metadata},
    "env": environment(),
}
