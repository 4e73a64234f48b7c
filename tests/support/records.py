"""Records for tests, each of one kind of call."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from agw.record import (
    AnswerFacts,
    Attempt,
    Attribution,
    CallError,
    CallRecord,
    Content,
    Cost,
    RequestFacts,
    SpanIds,
)
from agw.usage import Source, Usage

START_NS = 1_700_000_000_000_000_000
TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
SPAN_ID = "b7ad6b7169203331"
PARENT_ID = "00f067aa0ba902b7"


def chat_record(**more: Any) -> CallRecord:
    """A streamed chat with everything known, without content."""
    record = CallRecord(
        ids=SpanIds(TRACE_ID, SPAN_ID, PARENT_ID, trace_state="vendor=1"),
        start_ns=START_NS,
        end_ns=START_NS + 2_000_000_000,
        provider="openai",
        request=RequestFacts(
            operation="chat",
            api_type="completions",
            model="gpt-4o-mini",
            stream=True,
            temperature=1,
            top_p=0.5,
            top_k=40,
            max_tokens=100,
            frequency_penalty=0,
            presence_penalty=-1,
            seed=7,
            choice_count=2,
            stop_sequences=("END", "\n\n"),
            output_type="json",
            service_tier="flex",
            conversation_id="conv_1",
        ),
        answer=AnswerFacts(
            response_id="chatcmpl-1",
            model="gpt-4o-mini-2024-07-18",
            finish_reasons=("stop", "length"),
            usage=Usage(
                input_tokens=1000,
                output_tokens=200,
                total_tokens=1200,
                cache_read_tokens=400,
                cache_write_tokens=100,
                reasoning_tokens=50,
                cost_usd=Decimal("0.000240"),
            ),
            service_tier="default",
            system_fingerprint="fp_1",
            complete=True,
        ),
        first_chunk_ns=START_NS + 250_000_000,
        first_token_ns=START_NS + 500_000_000,
        client_model="gpt-4",
        server_address="api.openai.com",
        server_port=443,
        http_status=200,
        url_path="/v1/chat/completions",
        gateway="bind/3000",
        listener="default",
        route="default/chat",
        backend="openai",
        client_address="127.0.0.1",
        user_agent="OpenAI/Python 2.3.0",
        notes=("usage_injected",),
        extra={"retry.attempt": 1, "cache.hit": False},
    )
    return replace(record, **more)


def attributed_record(**more: Any) -> CallRecord:
    """A chat of a known user with tools and an image, priced, answered at the second attempt."""
    record = replace(
        chat_record(),
        first_token_ns=START_NS + 500_000_123,
        request=RequestFacts("chat", "completions", model="gpt-4o-mini", stream=True, temperature=0.2),
        answer=replace(chat_record().answer, finish_reasons=("tool_calls",)),
        attribution=Attribution(
            user="alice",
            group="blue",
            session="conv_1",
            key_name="blue-key",
            tags=("beta", "eu,west"),
            metadata={"team": "blue", "ticket": "7"},
            prompt_name="greet",
            prompt_version="3",
            environment="production",
            trace_name="greeting",
        ),
        cost=Cost(
            Decimal("0.00024"),
            {
                "input": Decimal("0.000075"),
                "cache_read": Decimal("0.00003"),
                "cache_write": Decimal("0.000015"),
                "output": Decimal("0.00009"),
                "reasoning": Decimal("0.00003"),
            },
            price_list="genai-prices 0.2.3",
        ),
        attempts=(
            Attempt("first", "openai", "gpt-4o", "a.example", 443, START_NS, START_NS + 100_000_000, 503, "503"),
            Attempt(
                "openai",
                "openai",
                "gpt-4o-mini",
                "api.openai.com",
                443,
                START_NS + 100_000_000,
                START_NS + 2 * 10**9,
                200,
            ),
        ),
        overhead_s=0.0005,
        content=Content(
            system_instructions=[{"type": "text", "content": "be brief"}],
            input_messages=[
                {
                    "role": "user",
                    "name": "alice",
                    "parts": [
                        {"type": "text", "content": "What is this?"},
                        {"type": "blob", "mime_type": "image/png", "modality": "image", "content": "iVBORw0="},
                    ],
                },
                {
                    "role": "assistant",
                    "parts": [
                        {"type": "reasoning", "content": "look it up"},
                        {"type": "tool_call", "id": "call_1", "name": "look", "arguments": {"at": "it"}},
                    ],
                },
                {
                    "role": "tool",
                    "parts": [{"type": "tool_call_response", "id": "call_1", "response": {"is": "a cat"}}],
                },
            ],
            output_messages=[
                {
                    "role": "assistant",
                    "parts": [
                        {"type": "text", "content": "A cat. Höi!"},
                        {"type": "tool_call", "id": "call_2", "name": "draw", "arguments": {"what": "cat"}},
                    ],
                    "finish_reason": "tool_call",
                }
            ],
            tool_definitions=[{"type": "function", "name": "look", "parameters": {"type": "object"}}],
        ),
    )
    return replace(record, **more)


def embeddings_record() -> CallRecord:
    return CallRecord(
        ids=SpanIds(TRACE_ID, SPAN_ID),
        start_ns=START_NS,
        end_ns=START_NS + 1,
        provider="openai",
        request=RequestFacts(
            operation="embeddings",
            api_type="embeddings",
            model="text-embedding-3-small",
            encoding_formats=("base64",),
            dimension_count=256,
        ),
        answer=AnswerFacts(model="text-embedding-3-small", usage=Usage(input_tokens=8), complete=True),
        server_address="api.openai.com",
        server_port=443,
        http_status=200,
        url_path="/v1/embeddings",
    )


def failed_record() -> CallRecord:
    return CallRecord(
        ids=SpanIds(TRACE_ID, SPAN_ID),
        start_ns=START_NS,
        end_ns=START_NS + 5,
        provider="openai",
        request=RequestFacts("chat", "completions", model="gpt-4o-mini"),
        http_status=429,
        url_path="/v1/chat/completions",
        error=CallError("rate_limit_exceeded", "Rate limit reached"),
    )


def broken_off_record() -> CallRecord:
    """A stream that the provider cut."""
    usage = Usage(input_tokens=10, output_tokens=3, source=Source.PARTIAL)
    return CallRecord(
        ids=SpanIds(TRACE_ID, SPAN_ID),
        start_ns=START_NS,
        end_ns=START_NS + 5,
        provider="anthropic",
        request=RequestFacts("chat", "messages", model="claude-x", stream=True, service_tier="auto"),
        answer=AnswerFacts(response_id="msg_1", model="claude-x", usage=usage, service_tier="standard"),
        first_chunk_ns=START_NS + 2,
        http_status=200,
        url_path="/v1/messages",
        error=CallError("upstream_closed", "the provider closed the connection"),
        partial=True,
    )


def with_content(record: CallRecord, text: str = "hello") -> CallRecord:
    content = Content(
        system_instructions=[{"type": "text", "content": "be brief"}],
        input_messages=[{"role": "user", "parts": [{"type": "text", "content": text}]}],
        output_messages=[{"role": "assistant", "parts": [{"type": "text", "content": "höi"}], "finish_reason": "stop"}],
        tool_definitions=[{"type": "function", "name": "f", "parameters": {"type": "object"}}],
    )
    return replace(record, content=content)


def numbered(number: int, **more: Any) -> CallRecord:
    """One of many small records; its number is in ``gen_ai.response.id`` and in its span id."""
    more = {"ids": SpanIds(TRACE_ID, f"{number + 1:016x}"), "error": None, "http_status": 200, **more}
    return replace(failed_record(), answer=AnswerFacts(response_id=str(number)), **more)
