"""Realtime over a real WebSocket, compressed as clients ask for it: one span for each response."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator

import pytest
import websockets.sync.client
import websockets.sync.server

from support.otlp_receiver import attributes_of

USAGE = {"total_tokens": 30, "input_tokens": 20, "output_tokens": 10, "input_token_details": {"cached_tokens": 5}}


def provider(socket):
    """Answers each ``response.create`` the way Realtime does, as far as it is needed here."""
    seen.append(dict(socket.request.headers.raw_items()))
    socket.send(json.dumps({"type": "session.created", "session": {"model": "gpt-realtime"}}))
    for _ in socket:
        for event in (
            {"type": "response.created", "response": {"id": "resp_1"}},
            {"type": "response.output_text.delta", "delta": "Hel" * 200},
            {
                "type": "response.done",
                "response": {"id": "resp_1", "status": "completed", "usage": USAGE, "output": []},
            },
        ):
            socket.send(json.dumps(event))


seen: list[dict[str, str]] = []


@pytest.fixture
def upstream() -> Iterator[str]:
    seen.clear()
    with websockets.sync.server.serve(provider, "127.0.0.1", 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.socket.getsockname()[1]}"
        server.shutdown()


@pytest.mark.parametrize("compression", ["deflate", None])
def test_each_response_on_a_connection_is_a_span(gateway, collector, upstream, compression):
    running = gateway(upstream=upstream)
    url = f"ws://127.0.0.1:{running.port}/v1/realtime?model=gpt-realtime"
    headers = {"Authorization": "Bearer sk-app-canary"}
    with websockets.sync.client.connect(url, additional_headers=headers, compression=compression) as socket:
        assert json.loads(socket.recv())["type"] == "session.created"
        for _ in range(2):
            socket.send(json.dumps({"type": "response.create"}))
            assert [json.loads(socket.recv())["type"] for _ in range(3)][-1] == "response.done"
    spans = collector.wait_for(2)
    assert len(spans) == 2
    assert len({span.span_id for span in spans}) == 2
    attributes = attributes_of(spans[0])
    assert attributes["gen_ai.usage.input_tokens"] == 20
    assert attributes["gen_ai.usage.cache_read.input_tokens"] == 5
    assert attributes["gen_ai.request.model"] == "gpt-realtime"
    assert {name.lower(): value for name, value in seen[0].items()}["authorization"] == "Bearer sk-configured-canary"


def test_a_connection_that_is_refused_is_one_failed_span(gateway, collector):
    from bench_suite.ports import free_port

    running = gateway(upstream=f"127.0.0.1:{free_port()}")
    with pytest.raises(websockets.exceptions.InvalidStatus):
        websockets.sync.client.connect(f"ws://127.0.0.1:{running.port}/v1/realtime?model=gpt-realtime")
    _, attributes = collector.one()
    assert attributes["error.type"] == "upstream_unavailable"
