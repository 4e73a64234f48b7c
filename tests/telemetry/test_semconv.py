"""The span's names and value types, whole, for each kind of call."""

from __future__ import annotations

import importlib
import json
import pkgutil
from dataclasses import replace
from decimal import Decimal

from opentelemetry.semconv.schemas import Schemas

from agw.record import AnswerFacts, RequestFacts
from agw.telemetry.dialects import DIALECTS
from agw.telemetry.dialects.otel import attributes
from agw.telemetry.semconv import SCHEMA_URL, span_name
from agw.usage import Usage
from support.records import (
    attributed_record,
    broken_off_record,
    chat_record,
    embeddings_record,
    failed_record,
    with_content,
)

NOT_IN_THE_CONVENTIONS = {
    "http.status": "the name that agentgateway gives the status; its users query it",
    "gen_ai.usage.total_tokens": "what Langfuse takes for the total; in the superset only",
    "gen_ai.usage.cost": "what Langfuse and others take for the cost; in the superset only",
}
CLAIMED_BY_MAPPERS = {"prompt", "input", "output", "events", "model", "tools", "tool_arguments", "model_config"} | {
    "gen_ai.tool.name",
    "llm.prompt_template.variables",
    "gen_ai.prompt.version",
}


def exactly(found: dict) -> dict:
    """With types, because 1 == 1.0 == True."""
    return {name: (type(value).__name__, value) for name, value in found.items()}


def test_a_streamed_chat_has_every_attribute_with_its_exact_type():
    assert span_name(chat_record()) == "chat gpt-4o-mini"
    assert exactly(attributes(chat_record())) == exactly(
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "gpt-4o-mini",
            "gen_ai.request.stream": True,
            "gen_ai.request.temperature": 1.0,
            "gen_ai.request.top_p": 0.5,
            "gen_ai.request.top_k": 40.0,
            "gen_ai.request.max_tokens": 100,
            "gen_ai.request.frequency_penalty": 0.0,
            "gen_ai.request.presence_penalty": -1.0,
            "gen_ai.request.seed": 7,
            "gen_ai.request.choice.count": 2,
            "gen_ai.request.stop_sequences": ("END", "\n\n"),
            "gen_ai.output.type": "json",
            "gen_ai.conversation.id": "conv_1",
            "session.id": "conv_1",
            "openai.api.type": "chat_completions",
            "openai.request.service_tier": "flex",
            "gen_ai.response.id": "chatcmpl-1",
            "gen_ai.response.model": "gpt-4o-mini-2024-07-18",
            "gen_ai.response.finish_reasons": ("stop", "length"),
            "gen_ai.response.time_to_first_chunk": 0.25,
            "agw.ai.time_to_first_token": 0.5,
            "agw.ai.time_per_output_token": 0.0075,
            "openai.response.service_tier": "default",
            "openai.response.system_fingerprint": "fp_1",
            "gen_ai.usage.input_tokens": 1000,
            "gen_ai.usage.output_tokens": 200,
            "gen_ai.usage.cache_read.input_tokens": 400,
            "gen_ai.usage.cache_creation.input_tokens": 100,
            "gen_ai.usage.reasoning.output_tokens": 50,
            "agw.usage.source": "provider",
            "agw.ai.usage.cost.total": "0.000240",
            "agw.cost.source": "provider",
            "server.address": "api.openai.com",
            "server.port": 443,
            "http.request.method": "POST",
            "http.response.status_code": 200,
            "url.path": "/v1/chat/completions",
            "user_agent.original": "OpenAI/Python 2.3.0",
            "client.address": "127.0.0.1",
            "protocol": "llm",
            "gateway": "bind/3000",
            "listener": "default",
            "route": "default/chat",
            "http.status": 200,
            "agw.retry.attempt": 1,
            "agw.cache.hit": False,
            "agw.gateway": "bind/3000",
            "agw.listener": "default",
            "agw.route": "default/chat",
            "agw.backend": "openai",
            "agw.api.type": "completions",
            "agw.client.model": "gpt-4",
            "agw.notes": ("usage_injected",),
        }
    )


def test_an_embeddings_call_has_its_own_attributes_and_no_absent_ones():
    assert span_name(embeddings_record()) == "embeddings text-embedding-3-small"
    assert exactly(attributes(embeddings_record())) == exactly(
        {
            "gen_ai.operation.name": "embeddings",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "text-embedding-3-small",
            "gen_ai.request.encoding_formats": ("base64",),
            "gen_ai.embeddings.dimension.count": 256,
            "gen_ai.response.model": "text-embedding-3-small",
            "gen_ai.usage.input_tokens": 8,
            "agw.usage.source": "provider",
            "server.address": "api.openai.com",
            "server.port": 443,
            "http.request.method": "POST",
            "http.response.status_code": 200,
            "url.path": "/v1/embeddings",
            "protocol": "llm",
            "http.status": 200,
            "agw.api.type": "embeddings",
        }
    )


def test_a_failed_call_names_its_error_and_has_no_usage():
    assert exactly(attributes(failed_record())) == exactly(
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "gpt-4o-mini",
            "openai.api.type": "chat_completions",
            "error.type": "rate_limit_exceeded",
            "http.request.method": "POST",
            "http.response.status_code": 429,
            "url.path": "/v1/chat/completions",
            "protocol": "llm",
            "http.status": 429,
            "agw.api.type": "completions",
        }
    )


def test_a_stream_that_broke_off_is_marked_partial_with_the_tokens_known_so_far():
    found = attributes(broken_off_record())
    assert found["agw.partial"] is True
    assert found["agw.usage.source"] == "partial"
    assert (found["gen_ai.usage.input_tokens"], found["gen_ai.usage.output_tokens"]) == (10, 3)
    assert found["error.type"] == "upstream_closed"
    assert found["gen_ai.response.time_to_first_chunk"] == 2e-9
    assert "gen_ai.response.finish_reasons" not in found


def test_openai_attributes_are_only_on_calls_in_openais_own_formats():
    assert not [name for name in attributes(broken_off_record()) if name.startswith("openai.")]
    responses = replace(chat_record(), request=RequestFacts("chat", "responses", model="m"))
    assert attributes(responses)["openai.api.type"] == "responses"


def test_what_is_not_known_is_absent_and_never_none_or_zero():
    bare = replace(failed_record(), request=RequestFacts("chat", "detect"), error=None, http_status=None)
    assert span_name(bare) == "chat"
    assert attributes(bare) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "http.request.method": "POST",
        "url.path": "/v1/chat/completions",
        "protocol": "llm",
        "agw.api.type": "detect",
    }


def test_a_reported_zero_is_told():
    found = attributes(replace(chat_record(), answer=AnswerFacts(usage=Usage(input_tokens=0, cache_read_tokens=0))))
    assert found["gen_ai.usage.input_tokens"] == 0
    assert found["gen_ai.usage.cache_read.input_tokens"] == 0


def test_one_choice_and_no_stream_are_the_defaults_and_are_not_told():
    found = attributes(replace(chat_record(), request=RequestFacts("chat", "completions", model="m", choice_count=1)))
    assert "gen_ai.request.choice.count" not in found
    assert "gen_ai.request.stream" not in found


def test_the_clients_model_is_told_only_where_it_differs():
    same = replace(chat_record(), client_model="gpt-4o-mini")
    assert "agw.client.model" not in attributes(same)


def test_a_port_without_an_address_is_not_told():
    assert "server.port" not in attributes(replace(chat_record(), server_address=None))


def test_numbers_that_are_no_numbers_are_absent():
    for value in (float("nan"), float("inf"), 10**400):
        request = RequestFacts("chat", "completions", model="m", temperature=value)
        assert "gen_ai.request.temperature" not in attributes(replace(chat_record(), request=request))


def test_figures_that_contradict_each_other_are_named():
    usage = Usage(input_tokens=1, cache_read_tokens=5)
    found = attributes(replace(chat_record(), answer=AnswerFacts(usage=usage)))
    assert found["agw.usage.contradictions"] == ("input_tokens < cache_read_tokens + cache_write_tokens",)


def test_a_cost_is_a_plain_decimal_string():
    found = attributes(replace(chat_record(), answer=AnswerFacts(usage=Usage(cost_usd=Decimal("2.4E-7")))))
    assert found["agw.ai.usage.cost.total"] == "0.00000024"


def test_content_is_a_json_string_and_only_there_when_it_was_captured():
    names = {"gen_ai.system_instructions", "gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.tool.definitions"}
    assert not names & attributes(chat_record()).keys()
    found = attributes(with_content(chat_record()))
    assert names <= found.keys()
    assert json.loads(found["gen_ai.output.messages"]) == [
        {"role": "assistant", "parts": [{"type": "text", "content": "höi"}], "finish_reason": "stop"}
    ]
    assert all(type(found[name]) is str for name in names)


def test_an_extra_attribute_never_replaces_one_of_our_own():
    found = attributes(replace(chat_record(), extra={"route": "forged"}))
    assert found["agw.route"] == "default/chat"


def every_record():
    return [
        attributed_record(),
        chat_record(),
        with_content(chat_record()),
        embeddings_record(),
        failed_record(),
        broken_off_record(),
    ]


def test_every_name_is_one_of_the_published_conventions():
    published = published_names()
    ours = {
        name
        for record in every_record()
        for dialect in DIALECTS.values()
        for told in (dialect.attributes(record, False), *(event.attributes for event in dialect.events(record)))
        for name in told
    }
    spaces = ("gen_ai.", "openai.", "error.", "exception.", "server.", "client.", "http.", "url.", "user_agent.")
    spaces += ("user.", "session.", "deployment.")
    unknown = {name for name in ours if name.startswith(spaces)} - published
    assert unknown == set(NOT_IN_THE_CONVENTIONS)
    assert SCHEMA_URL in {schema.value for schema in Schemas}


def test_no_name_is_one_that_a_backend_takes_for_something_else():
    for dialect in DIALECTS.values():
        assert not CLAIMED_BY_MAPPERS & {name for record in every_record() for name in dialect.attributes(record, True)}


def published_names() -> set[str]:
    names: set[str] = set()
    for package in ("opentelemetry.semconv.attributes", "opentelemetry.semconv._incubating.attributes"):
        for module in pkgutil.iter_modules(importlib.import_module(package).__path__, f"{package}."):
            constants = vars(importlib.import_module(module.name))
            names |= {value for name, value in constants.items() if name.isupper() and isinstance(value, str)}
    assert {"gen_ai.request.model", "error.type"} <= names
    return names
