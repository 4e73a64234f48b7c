"""What the gateway keeps in memory: bodies that nobody reads pass as they come, and idle clients cost little."""

from __future__ import annotations

import hashlib
import http.client
import json
import socket
import time
from collections.abc import Iterator

import pytest

from bench_suite.ports import free_port
from conftest import Running
from support.large_bodies import LargeBodies, peak_rss_mb, pieces, rss_mb, sha256_of

SIZE = 100 * 1024 * 1024
GROWTH_MB = 30
"""What buffers and the allocator may take of it."""

PASSTHROUGH = """\
binds:
- port: {port}
  listeners:
  - routes:
    - backends:
      - ai:
          name: openai
          hostOverride: {upstream}
          provider:
            openAI: {}
      policies:
        backendAuth: {key: sk-configured-canary}
        ai: {routes: {"*": passthrough}}
"""
HOST = """\
binds:
- port: {port}
  listeners:
  - routes:
    - backends:
      - host: {upstream}
"""


@pytest.fixture
def upstream() -> Iterator[LargeBodies]:
    with LargeBodies() as running:
        yield running


def through(running: Running, proxy: int | None, upstream: LargeBodies) -> tuple[http.client.HTTPConnection, str]:
    """A connection to the gateway, and what stands before a request's path."""
    if proxy is None:
        return http.client.HTTPConnection("127.0.0.1", running.port, timeout=60), ""
    return http.client.HTTPConnection("127.0.0.1", proxy, timeout=60), f"http://127.0.0.1:{upstream.port}"


@pytest.fixture(params=["passthrough", "host", "observed"])
def way(request: pytest.FixtureRequest, gateway, upstream):
    """Each way on which nothing has to read the bodies; the gateway, a connection to it, and the path's beginning."""
    text = {"passthrough": PASSTHROUGH, "host": HOST, "observed": HOST}[request.param]
    proxy = free_port() if request.param == "observed" else None
    more = () if proxy is None else ("--mode", f"regular@127.0.0.1:{proxy}")
    running = gateway(text, *more, upstream=f"127.0.0.1:{upstream.port}")
    connection, before = through(running, proxy, upstream)
    connection.request("POST", f"{before}/take", b"warm")
    assert connection.getresponse().read().startswith(b"4 ")
    yield running, connection, before
    connection.close()


def test_a_request_of_100_mb_is_not_held(way):
    running, connection, before = way
    had = peak_rss_mb(running.process.popen.pid)
    connection.request("POST", f"{before}/take", pieces(SIZE), {"content-length": str(SIZE)})
    assert connection.getresponse().read().decode() == f"{SIZE} {sha256_of(SIZE)}"
    assert peak_rss_mb(running.process.popen.pid) - had < GROWTH_MB


@pytest.mark.parametrize("chunked", ["", "/chunked"])
def test_an_answer_of_100_mb_is_not_held_even_for_a_client_that_does_not_read_it(way, chunked):
    running, connection, before = way
    had = peak_rss_mb(running.process.popen.pid)
    connection.request("GET", f"{before}/give/{SIZE}{chunked}")
    answer = connection.getresponse()
    time.sleep(1.0)
    seen = hashlib.sha256()
    while piece := answer.read(65536):
        seen.update(piece)
    assert seen.hexdigest() == sha256_of(SIZE)
    assert peak_rss_mb(running.process.popen.pid) - had < GROWTH_MB


def test_a_request_that_streams_to_a_target_that_is_not_there_is_answered(gateway):
    running = gateway(PASSTHROUGH, upstream=f"127.0.0.1:{free_port()}")
    connection, _ = through(running, None, None)
    connection.request("POST", "/take", pieces(2 * 1024 * 1024), {"content-length": str(2 * 1024 * 1024)})
    answer = connection.getresponse()
    assert answer.status == 503
    assert json.load(answer)["error"]["message"]


def test_a_large_request_that_a_policy_refuses_is_answered_and_not_held(gateway, upstream):
    text = PASSTHROUGH.replace(
        "      policies:\n", "      policies:\n        apiKey: {mode: strict, keys: [{key: sk-of-a-client}]}\n"
    )
    running = gateway(text, upstream=f"127.0.0.1:{upstream.port}")
    connection, _ = through(running, None, upstream)
    had = peak_rss_mb(running.process.popen.pid)
    connection.request("POST", "/take", pieces(SIZE), {"content-length": str(SIZE)})
    answer = connection.getresponse()
    assert answer.status == 401
    answer.read()
    assert peak_rss_mb(running.process.popen.pid) - had < GROWTH_MB


def test_a_call_to_a_model_is_still_read_whatever_its_size(gateway, standin, collector):
    running = gateway()
    words = "word " * 400_000
    body = json.dumps({"model": "asked", "messages": [{"role": "user", "content": words}]}).encode()
    connection, _ = through(running, None, None)
    connection.request("POST", "/v1/chat/completions", body, {"content-type": "application/json"})
    assert connection.getresponse().status == 200
    _, attributes = collector.one()
    assert attributes["gen_ai.request.model"] == "gpt-4o-mini"


@pytest.mark.parametrize("clients", [200, pytest.param(1000, marks=pytest.mark.slow)])
def test_idle_clients_that_stay_connected_cost_little_and_are_still_answered(gateway, clients):
    running = gateway()
    pid = running.process.popen.pid
    body = json.dumps({"model": "asked", "messages": [{"role": "user", "content": "Hi"}]}).encode()
    head = (
        b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
    )
    call = head % len(body) + body

    def ask(sock: socket.socket) -> None:
        sock.sendall(call)
        answer = http.client.HTTPResponse(sock)
        answer.begin()
        assert answer.status == 200
        answer.read()

    first = socket.create_connection(("127.0.0.1", running.port), 30)
    for _ in range(50):
        ask(first)
    had = rss_mb(pid)
    idle = [socket.create_connection(("127.0.0.1", running.port), 30) for _ in range(clients)]
    for one in idle:
        ask(one)
    # A client's own connection, and the one to the provider that waits for its next call.
    assert (rss_mb(pid) - had) / clients < 0.15, "MB per idle client"
    for one in idle:
        ask(one)
        one.close()
    ask(first)
    first.close()


def test_a_dump_still_holds_what_passed_whole(gateway, upstream, tmp_path):
    from mitmproxy.io import FlowReader

    proxy, dump = free_port(), tmp_path / "all.mitm"
    running = gateway(
        HOST, "--mode", f"regular@127.0.0.1:{proxy}", "-w", str(dump), upstream=f"127.0.0.1:{upstream.port}"
    )
    connection, before = through(running, proxy, upstream)
    connection.request("GET", f"{before}/give/{2 * 1024 * 1024}")
    connection.getresponse().read()
    connection.close()
    running.process.stop()
    with dump.open("rb") as file:
        (flow,) = FlowReader(file).stream()
    assert len(flow.response.raw_content) == 2 * 1024 * 1024


def test_a_large_request_that_may_have_to_be_sent_again_is_held_and_reaches_the_other_provider(gateway, upstream):
    first = "          hostOverride: {upstream}\n"
    assert first in PASSTHROUGH
    target = "name: {name}, hostOverride: {host}, provider: {{openAI: {{}}}}"
    groups = "          groups:\n" + "".join(
        f"          - providers: [{{{target.format(name=name, host=host)}}}]\n"
        for name, host in (("gone", f"127.0.0.1:{free_port()}"), ("there", f"127.0.0.1:{upstream.port}"))
    )
    text = PASSTHROUGH.replace("          name: openai\n", "").replace(first, "")
    text = text.replace("          provider:\n            openAI: {}\n", groups)
    running = gateway(text)
    connection, _ = through(running, None, upstream)
    connection.request("POST", "/take", pieces(2 * 1024 * 1024), {"content-length": str(2 * 1024 * 1024)})
    assert connection.getresponse().read().decode() == f"{2 * 1024 * 1024} {sha256_of(2 * 1024 * 1024)}"


@pytest.mark.parametrize(("model", "status"), [("allowed", 200), ("other", 403)])
def test_a_key_that_is_for_some_models_is_held_to_them_in_large_requests_too(gateway, upstream, model, status):
    key = "{key: sk-of-a-client, allowedModels: [allowed]}"
    text = PASSTHROUGH.replace(
        "      policies:\n", f"      policies:\n        apiKey: {{mode: strict, keys: [{key}]}}\n"
    )
    running = gateway(text, upstream=f"127.0.0.1:{upstream.port}")
    connection, _ = through(running, None, upstream)
    body = json.dumps({"model": model, "input": "x" * 2 * 1024 * 1024}).encode()
    connection.request("POST", "/take", body, {"authorization": "Bearer sk-of-a-client"})
    assert connection.getresponse().status == status
