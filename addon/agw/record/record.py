"""The record of one finished call: the only thing that leaves the gateway.

It is built from named fields, never from headers, exceptions or raw bodies, so that no sink can leak what it never
had. Times are UTC nanoseconds since the epoch (as OTLP wants them); durations are derived, never stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from agw.usage import Source, Usage
from agw.values import value

FieldValue = str | int | float | bool


@value
class SpanIds:
    """W3C trace context of the call's span. Ids are lower-case hex, 32 and 16 digits."""

    trace_id: str
    span_id: str
    parent_span_id: str | None = None
    sampled: bool = True
    trace_flags: int = 1
    trace_state: str = ""


@value
class RequestFacts:
    """What a request body asks for, in the names of the GenAI conventions. Absent fields are None.

    ``operation`` is ``gen_ai.operation.name``: ``chat``, ``text_completion``, ``embeddings``, ...
    ``api_type`` is the wire format's name (``completions``, ``responses``, ``embeddings``, ``detect``, ...).
    """

    operation: str
    api_type: str
    model: str | None = None
    stream: bool = False
    temperature: float | None = None
    top_p: float | None = None
    top_k: float | None = None
    max_tokens: int | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    seed: int | None = None
    choice_count: int | None = None
    stop_sequences: tuple[str, ...] | None = None
    output_type: str | None = None
    """``text``, ``json``, ``image`` or ``speech`` (``gen_ai.output.type``)."""
    encoding_formats: tuple[str, ...] | None = None
    dimension_count: int | None = None
    service_tier: str | None = None
    conversation_id: str | None = None


@value
class AnswerFacts:
    """What an answer said, whether it came whole or as a stream."""

    response_id: str | None = None
    model: str | None = None
    finish_reasons: tuple[str, ...] | None = None
    usage: Usage | None = None
    service_tier: str | None = None
    system_fingerprint: str | None = None
    error_type: str | None = None
    """Set when the answer itself is or ends in an error: the provider's own code or type."""
    error_message: str | None = None
    complete: bool = False
    """True once the answer's own end marker was seen; a stream cut off before it stays False."""


@dataclass(frozen=True, slots=True)
class Content:
    """Prompt and answer in the conventions' JSON shapes (``parts`` form); None where not captured.

    ``input_messages`` and ``output_messages`` follow gen-ai-input-messages.json and gen-ai-output-messages.json of
    semantic conventions 1.41.1; every output message carries ``finish_reason``.
    """

    system_instructions: list[dict[str, Any]] | None = None
    input_messages: list[dict[str, Any]] | None = None
    output_messages: list[dict[str, Any]] | None = None
    tool_definitions: list[dict[str, Any]] | None = None


@value
class Attribution:
    """Who asked, and what for. Bounded and free of control characters wherever it comes from."""

    user: str | None = None
    group: str | None = None
    session: str | None = None
    """Conversation or session, as the client names it; never invented."""
    key_name: str | None = None
    """Name of the gateway key that authenticated the client, never the key."""
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    prompt_name: str | None = None
    prompt_version: str | None = None
    environment: str | None = None
    trace_name: str | None = None


@value
class Attempt:
    """One try at one target, in the order in which they were made. Times are UTC nanoseconds."""

    backend: str
    provider: str
    model: str | None
    server_address: str | None
    server_port: int | None
    start_ns: int
    end_ns: int
    http_status: int | None = None
    error_type: str | None = None


@value
class Cost:
    """US dollars. ``parts`` are ``input``, ``output``, ``cache_read``, ``cache_write``, ``reasoning``,
    ``input_audio``, ``output_audio``, ``input_image``, ``output_image`` and ``request`` (per call), as far as they are
    known; they sum up to ``total_usd`` where the price list made them, and are missing where the provider reported only
    a total."""

    total_usd: Decimal
    parts: Mapping[str, Decimal] = field(default_factory=dict)
    source: Source = Source.COMPUTED
    """PROVIDER where the provider reported it, PARTIAL or ESTIMATED where the tokens were."""
    price_list: str | None = None
    """Where the rates came from: ``genai-prices 0.2.3``, a catalog file's name; None for the provider's own."""


@value
class Evidence:
    """Proof of the exact bytes: lower-case hex SHA-256 and length of the client's request body and of the answer's
    body as they passed; ``sent_sha256`` where the request that left differs from the one that came."""

    request_sha256: str | None = None
    request_bytes: int | None = None
    sent_sha256: str | None = None
    response_sha256: str | None = None
    response_bytes: int | None = None
    config_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class CallError:
    """Why a call failed. ``type`` is low-cardinality (``error.type``); ``message`` holds no secret."""

    type: str
    message: str


@value
class CallRecord:
    """One finished call."""

    ids: SpanIds
    start_ns: int
    end_ns: int
    provider: str
    """``gen_ai.provider.name``: ``openai``, ``anthropic``, ..."""
    request: RequestFacts
    answer: AnswerFacts = AnswerFacts()
    first_chunk_ns: int | None = None
    """When the first byte of a streamed answer's body arrived; None for answers that are not streamed."""
    first_token_ns: int | None = None
    """When the first content token of a streamed answer arrived."""
    client_model: str | None = None
    """The model that the app asked for, before override or alias."""
    server_address: str | None = None
    server_port: int | None = None
    http_status: int | None = None
    http_method: str = "POST"
    url_path: str = "/"
    """Path of the client's request without its query."""
    error: CallError | None = None
    partial: bool = False
    """The answer broke off: what is known of it is a lower bound."""
    gateway: str | None = None
    listener: str | None = None
    route: str | None = None
    backend: str | None = None
    client_address: str | None = None
    user_agent: str | None = None
    content: Content | None = None
    notes: tuple[str, ...] = ()
    """Named reasons for what was dropped, estimated or could not be read."""
    attribution: Attribution = Attribution()
    cost: Cost | None = None
    attempts: tuple[Attempt, ...] = ()
    """All tries, the last one being the one that this record tells of; empty where nothing was sent."""
    evidence: Evidence = Evidence()
    overhead_s: float | None = None
    """The gateway's own share of ``duration_s``: the time in which neither the provider nor the client was waited for,
    from the request's last byte to its sending and from the answer's end to the record."""
    fields: Mapping[str, FieldValue] = field(default_factory=dict)
    """What the config's own expressions (``fields.add``) said, by attribute name; those of one destination among
    several by ``NAME::attribute`` (telemetry/selection.py)."""
    withheld: tuple[str, ...] = ()
    """Names of the destinations whose ``filter`` did not let it through."""
    extra: Mapping[str, FieldValue] = field(default_factory=dict)
    """Attributes under ``agw.`` that have no field of their own."""

    @property
    def duration_s(self) -> float:
        return (self.end_ns - self.start_ns) / 1e9

    @property
    def time_to_first_chunk_s(self) -> float | None:
        return None if self.first_chunk_ns is None else (self.first_chunk_ns - self.start_ns) / 1e9

    @property
    def time_to_first_token_s(self) -> float | None:
        """From the request's start to the first content token of a stream (text, reasoning, tool call, audio)."""
        return None if self.first_token_ns is None else (self.first_token_ns - self.start_ns) / 1e9

    @property
    def time_per_output_token_s(self) -> float | None:
        """The pace of a streamed answer: the time from its first content token to its end, over all output tokens, as
        the reference has it (agentgateway.md §2.10). None for answers that are not streamed, that broke off or that
        have no output tokens, and where the count is not known.
        """
        tokens = None if self.answer.usage is None else self.answer.usage.output_tokens
        if self.first_token_ns is None or self.partial or not tokens:
            return None
        return (self.end_ns - self.first_token_ns) / 1e9 / tokens
