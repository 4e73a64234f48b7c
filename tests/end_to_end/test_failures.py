"""Every way in which a call can fail: one span, the right status, and a body that the SDK understands."""

from __future__ import annotations

import socket
import time

import openai
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from bench_suite.ports import free_port
from conftest import CONFIG

HI = [{"role": "user", "content": "Hi"}]


def client(running, **headers):
    return openai.OpenAI(
        base_url=running.base_url, api_key="sk-app-canary", max_retries=0, timeout=20, default_headers=headers
    )


def ask(running, stream=False, **headers):
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return client(running, **names).chat.completions.create(model="m", messages=HI, stream=stream)


def failed(collector):
    span, attributes = collector.one()
    assert span.status.code == Status.STATUS_CODE_ERROR
    assert [event.name for event in span.events if event.name != "new_token"] == ["exception"]
    return attributes


def test_a_rate_limit_keeps_status_and_body(gateway, collector):
    with pytest.raises(openai.RateLimitError, match="told to fail"):
        ask(gateway(), x_standin_status="429")
    attributes = failed(collector)
    assert attributes["http.response.status_code"] == 429
    assert attributes["error.type"] == "rate_limit_exceeded"
    assert "gen_ai.usage.input_tokens" not in attributes


@pytest.mark.parametrize("encoding", ["", "gzip"])
@pytest.mark.parametrize("stream", [False, True])
def test_an_html_error_keeps_its_status_and_becomes_the_clients_own(gateway, collector, stream, encoding):
    with pytest.raises(openai.APIStatusError) as raised:
        ask(gateway(), stream, x_standin_status="502", x_standin_html="1", x_standin_encoding=encoding)
    assert raised.value.status_code == 502
    assert raised.value.body == {
        "message": "the provider answered 502",
        "type": "server_error",
        "param": None,
        "code": None,
    }
    assert raised.value.response.headers["content-type"] == "application/json"
    assert failed(collector)["error.type"] == "502"


def test_a_refused_connection_is_503_in_the_clients_format(gateway, collector):
    with pytest.raises(openai.InternalServerError, match="refused") as raised:
        ask(gateway(upstream=f"127.0.0.1:{free_port()}"))
    assert raised.value.status_code == 503
    assert raised.value.code == "upstream_unavailable"
    assert failed(collector)["error.type"] == "upstream_unavailable"


def test_a_name_that_does_not_resolve_is_503(gateway, collector):
    with pytest.raises(openai.InternalServerError) as raised:
        ask(gateway(upstream="no-such-host.invalid:80"))
    assert raised.value.status_code == 503
    assert failed(collector)["error.type"] == "upstream_unavailable"


def test_a_provider_that_hangs_is_504_after_the_time_limit(gateway, collector):
    text = CONFIG.replace("      policies:\n", "      policies:\n        timeout: {requestTimeout: 300ms}\n")
    with pytest.raises(openai.InternalServerError) as raised:
        ask(gateway(text), x_standin_hang="1")
    assert raised.value.status_code == 504
    assert failed(collector)["error.type"] == "timeout"


def test_a_provider_gone_mid_stream_leaves_a_partial_span(gateway, collector):
    with pytest.raises((openai.APIError, Exception)):
        list(ask(gateway(), True, x_standin_die_after="4", x_standin_chunk_delay_ms="20"))
    attributes = failed(collector)
    assert attributes["error.type"] == "upstream_disconnected"
    assert attributes["agw.partial"] is True
    assert attributes["gen_ai.response.model"] == "gpt-4o-mini-2024-07-18"


def test_a_client_gone_mid_stream_leaves_a_partial_span(gateway, collector):
    with ask(gateway(), True, x_standin_chunks="200", x_standin_chunk_delay_ms="20") as stream:
        next(iter(stream))
    attributes = failed(collector)
    assert attributes["error.type"] == "client_disconnected"
    assert attributes["agw.partial"] is True


def test_no_route_is_404_and_no_span(gateway, collector):
    text = CONFIG.replace("    - backends:", "    - matches: [{path: {pathPrefix: /other}}]\n      backends:")
    with pytest.raises(openai.NotFoundError, match="route not found"):
        ask(gateway(text))
    assert collector.spans == []


def test_an_anthropic_client_gets_errors_in_its_own_shape(gateway):
    import httpx2 as httpx

    text = CONFIG.replace("    - backends:", "    - matches: [{path: {pathPrefix: /other}}]\n      backends:")
    answer = httpx.post(gateway(text).base_url + "/messages", json={}, headers={"anthropic-version": "2023-06-01"})
    assert answer.status_code == 404
    assert answer.json()["type"] == "error"
    assert answer.json()["error"]["type"] == "not_found_error"


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"model": NaN}', b"\xff\xfe"])
def test_a_body_that_cannot_be_read_is_400(gateway, collector, body):
    import httpx2 as httpx

    running = gateway()
    answer = httpx.post(running.base_url + "/chat/completions", content=body)
    assert answer.status_code == 400
    assert "failed to parse request" in answer.json()["error"]["message"]
    assert failed(collector)["error.type"] == "invalid_request"


def test_stopping_the_gateway_records_the_calls_under_way(gateway, collector):
    running = gateway(CONFIG, "--set", "agwdrain=0")
    with socket.create_connection(("127.0.0.1", running.port)) as sock:
        body = b'{"model":"m","stream":true,"messages":[{"role":"user","content":"Hi"}]}'
        sock.sendall(
            b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n"
            b"x-standin-chunks: 500\r\nx-standin-chunk-delay-ms: 50\r\n"
            b"content-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)
        )
        assert sock.recv(4096).startswith(b"HTTP/1.1 200")
        time.sleep(0.2)
        running.process.stop()
    assert failed(collector)["error.type"] == "gateway_stopped"


def test_a_dead_collector_costs_the_calls_nothing_and_is_told_once(gateway, collector):
    running = gateway(CONFIG.replace("{collector}", f"http://127.0.0.1:{free_port()}"))
    for _ in range(5):
        assert ask(running).choices
    running.process.wait_for_line("is a collector listening at")
