"""SIGTERM: the port closes, calls under way end, no connection takes another call, and a limit holds."""

from __future__ import annotations

import json
import signal
import socket
import threading
import time
import urllib.request
from typing import Any

from conftest import CONFIG, Running

# The model stays the client's, since it tells the stand-in what to do.
TEXT = CONFIG.replace("openAI:\n              model: gpt-4o-mini", "openAI: {}")


def request(port: int, model: str, stream: bool = False) -> bytes:
    body = json.dumps({"model": model, "stream": stream, "messages": [{"role": "user", "content": "Hi"}]}).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: x:{port}\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


def all_of(sock: socket.socket) -> bytes:
    """Until the gateway closes the connection."""
    sock.settimeout(20)
    came = b""
    while piece := sock.recv(65536):
        came += piece
    return came


def stop(running: Running) -> None:
    running.process.popen.send_signal(signal.SIGTERM)


def test_a_stream_under_way_comes_to_its_end_and_the_port_is_closed(gateway: Any, collector: Any) -> None:
    running = gateway(TEXT)
    with socket.create_connection(("127.0.0.1", running.port)) as sock:
        sock.sendall(request(running.port, "standin-chunks-30+chunk-delay-ms-50", stream=True))
        assert sock.recv(65536).startswith(b"HTTP/1.1 200")
        stop(running)
        running.process.wait_for_line("1 calls are under way")
        with socket.socket() as late:
            assert late.connect_ex(("127.0.0.1", running.port)) != 0
        assert all_of(sock).endswith(b"data: [DONE]\n\n\r\n0\r\n\r\n")
    assert running.process.wait(20) == 0
    _, found = collector.one()
    assert "error.type" not in found


def test_an_answer_given_while_draining_closes_its_connection(gateway: Any) -> None:
    running = gateway(TEXT)
    with socket.create_connection(("127.0.0.1", running.port)) as sock:
        sock.sendall(request(running.port, "standin-delay-ms-800"))
        time.sleep(0.3)
        stop(running)
        answer = all_of(sock)
    assert b"\r\nconnection: close\r\n" in answer.lower()
    assert b'"usage"' in answer
    assert running.process.wait(20) == 0


def test_the_limit_holds_and_a_second_signal_ends_it_at_once(gateway: Any, collector: Any) -> None:
    for options, signals in ((("--set", "agwdrain=1"), 1), ((), 2)):
        running = gateway(TEXT, *options)
        with socket.create_connection(("127.0.0.1", running.port)) as sock:
            sock.sendall(request(running.port, "standin-hang-1"))
            time.sleep(0.3)
            for _ in range(signals):
                stop(running)
                time.sleep(0.1)
            assert running.process.wait(8) == 0
    spans = collector.wait_for(2)
    assert len(spans) == 2


def test_an_idle_gateway_leaves_at_once(gateway: Any) -> None:
    running = gateway()
    url = f"{running.base_url}/chat/completions"
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": "Hi"}]}).encode()
    with urllib.request.urlopen(urllib.request.Request(url, body)) as answer:
        assert answer.status == 200
    ended = threading.Event()
    threading.Thread(target=lambda: (running.process.wait(20), ended.set()), daemon=True).start()
    stop(running)
    # Far less than the limit of ten seconds.
    assert ended.wait(8)


def test_a_call_that_was_answered_in_place_of_a_try_is_over(gateway: Any) -> None:
    running = gateway(TEXT)
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": "Hi"}]}).encode()
    url = f"http://127.0.0.1:{running.port}/v1/messages/count_tokens"
    with urllib.request.urlopen(urllib.request.Request(url, body), timeout=20) as answer:
        assert json.load(answer)["input_tokens"] > 0
    stop(running)
    assert running.process.wait(20) == 0
    assert "under way" not in running.process.output
