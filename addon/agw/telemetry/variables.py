"""What the config's expressions see of a finished call, in the names of agentgateway.md §2.6.

A figure that the record does not know is absent, as everywhere: an expression that reads it has no value.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from agw.cel.environment import environment
from agw.cel.functions import to_json
from agw.cel.variables import Field, Variables
from agw.cel.views import header_map
from agw.formats.registry import FORMATS
from agw.record import CallRecord, Content
from agw.record.transient import Transient
from agw.telemetry.plain_messages import completion, prompt, tool_calls

PREFIX_CHARS = 8192
"""Of ``request.bodyPrefix`` and ``response.bodyPrefix``."""


def variables_of(record: CallRecord, transient: Transient) -> Variables:
    claims = transient.claims
    return Variables(
        {
            "request": _request(record, transient),
            "response": _response(record, transient),
            "llm": _llm(record, transient),
            "llmRequest": lambda: transient.request_body,
            "jwt": lambda: claims.jwt,
            "apiKey": lambda: claims.api_key,
            "basicAuth": lambda: claims.basic_auth,
            "source": {"address": lambda: record.client_address},
            "destination": {"address": lambda: record.server_address, "port": lambda: record.server_port},
            "backend": {
                "name": lambda: record.backend,
                "type": lambda: "ai",
                "protocol": lambda: "llm",
            },
            "proxy": {
                "bind": lambda: record.gateway,
                "gateway": lambda: record.gateway,
                "listener": lambda: record.listener,
                "route": lambda: record.route,
                "requestProcessingDuration": lambda: _seconds(record.overhead_s),
                "upstreamDuration": lambda: _seconds(
                    None if record.overhead_s is None else max(record.duration_s - record.overhead_s, 0.0)
                ),
            },
            "metadata": lambda: {**record.attribution.metadata, **transient.metadata},
            "env": environment(),
        }
    )


def _request(record: CallRecord, transient: Transient) -> Mapping[str, Field]:
    headers = transient.request_headers

    def host() -> str | None:
        return next(iter(headers.get("host", ())), None)

    return {
        "method": lambda: record.http_method,
        "host": host,
        "scheme": lambda: "http",
        "path": lambda: record.url_path,
        "pathAndQuery": lambda: transient.target or record.url_path,
        "uri": lambda: f"http://{host() or ''}{transient.target or record.url_path}",
        "headers": lambda: header_map(headers),
        "body": lambda: _json(transient.request_body),
        "bodyPrefix": lambda: (_json(transient.request_body) or "")[:PREFIX_CHARS] or None,
        "startTime": lambda: _time(record.start_ns),
        "endTime": lambda: _time(record.end_ns),
    }


def _response(record: CallRecord, transient: Transient) -> Mapping[str, Field]:
    return {
        "code": lambda: transient.http_status if record.http_status is None else record.http_status,
        "headers": lambda: header_map(transient.response_headers),
        "body": lambda: _json(transient.answer),
        "bodyPrefix": lambda: (_json(transient.answer) or "")[:PREFIX_CHARS] or None,
    }


def _llm(record: CallRecord, transient: Transient) -> Mapping[str, Field]:
    request, answer, usage, cost = record.request, record.answer, record.answer.usage, record.cost
    if usage is None:
        tokens: dict[str, Field] = {}
    else:
        tokens = {
            "inputTokens": lambda: usage.input_tokens,
            "inputAudioTokens": lambda: usage.input_audio_tokens,
            "cachedInputTokens": lambda: usage.cache_read_tokens,
            "cacheCreationInputTokens": lambda: usage.cache_write_tokens,
            "outputTokens": lambda: usage.output_tokens,
            "outputAudioTokens": lambda: usage.output_audio_tokens,
            "reasoningTokens": lambda: usage.reasoning_tokens,
            "totalTokens": lambda: (
                None
                if usage.input_tokens is None or usage.output_tokens is None
                else usage.input_tokens + usage.output_tokens
            ),
            "providerTotalTokens": lambda: usage.total_tokens,
        }
    content = _Content(record, transient)
    return {
        "streaming": lambda: request.stream,
        "requestModel": lambda: request.model,
        "responseModel": lambda: answer.model,
        "provider": lambda: record.provider,
        **tokens,
        "serviceTier": lambda: answer.service_tier or request.service_tier,
        "timeToFirstToken": lambda: record.time_to_first_token_s,
        "timePerOutputToken": lambda: record.time_per_output_token_s,
        "prompt": lambda: prompt(content.asked()),
        "completion": lambda: completion(content.answered()),
        "toolCalls": lambda: tool_calls(content.answered()),
        "params": lambda: _known(
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
        ),
        "cost": lambda: (
            None
            if cost is None
            else _known({"total": cost.total_usd, **{_COST_PARTS.get(k, k): v for k, v in cost.parts.items()}})
        ),
    }


_COST_PARTS = {
    "cache_read": "cacheRead",
    "cache_write": "cacheWrite",
    "input_audio": "inputAudio",
    "output_audio": "outputAudio",
}


class _Content:
    """Prompt and answer: the record's, which redaction has been over, or read from the bodies where it has none."""

    def __init__(self, record: CallRecord, transient: Transient) -> None:
        self._record, self._transient = record, transient
        self._format = FORMATS.get(record.request.api_type)

    def asked(self) -> Content | None:
        if self._record.content is not None:
            return self._record.content
        body = self._transient.request_body
        return None if body is None or self._format is None else self._format.request_content(body)

    def answered(self) -> list[dict[str, Any]] | None:
        if self._record.content is not None:
            return self._record.content.output_messages
        body = self._transient.answer
        return None if body is None or self._format is None else self._format.answer_content(body)


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
