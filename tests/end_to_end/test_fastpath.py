"""Other add-ons notice nothing of the fast path: the same hooks in the same order, with it and without it."""

from __future__ import annotations

import json
import socket
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from openai import OpenAI

WATCHER = """
import asyncio
from mitmproxy import ctx

class Watcher:
    def __init__(self, name):
        self.name = name

    def say(self, what):
        print(f"HOOK {self.name} {what}", flush=True)

    def client_connected(self, client): self.say("client_connected")
    def server_connect(self, data): self.say("server_connect")
    async def server_connected(self, data):
        await asyncio.sleep(0.01)
        self.say("server_connected")
    def requestheaders(self, flow): self.say("requestheaders")
    async def request(self, flow):
        self.say("request begins")
        await asyncio.sleep(0.01)
        self.say("request ends")
    def responseheaders(self, flow): self.say("responseheaders")
    def response(self, flow):
        self.say("response")
        if self.name == "first":
            raise ValueError("on purpose")
    def update(self, flows): self.say("update")
    def error(self, flow): self.say("error")
    def client_disconnected(self, client): self.say("client_disconnected")

class Second(Watcher):
    def request(self, flow): self.say("request")

addons = [Watcher("first"), Second("second")]
"""

INTERCEPTOR = """
import asyncio

class Interceptor:
    def request(self, flow): self.hold(flow, "request")
    def responseheaders(self, flow): pass
    def response(self, flow): self.hold(flow, "response")

    def hold(self, flow, what):
        flow.intercept()
        async def resume():
            await asyncio.sleep(0.2)
            print(f"RESUMED {what}", flush=True)
            flow.comment = "looked at"
            flow.resume()
        self.task = asyncio.create_task(resume())

addons = [Interceptor()]
"""

CONFIG = """\
binds:
- port: {port}
  listeners:
  - routes:
    - backends:
      - ai: {name: x, hostOverride: '{upstream}', provider: {openAI: {}}}
"""

both = pytest.mark.parametrize("fast", ["true", "false"])


def script(folder: Path, text: str) -> str:
    file = folder / "script.py"
    file.write_text(text)
    return str(file)


def hooks_of(output: str) -> list[str]:
    return [line.partition("HOOK ")[2] for line in output.splitlines() if "HOOK " in line]


def test_a_script_gets_every_hook_in_order_with_and_without_it(gateway: Any, tmp_path: Path) -> None:
    seen = []
    for fast in ("true", "false"):
        running = gateway(
            CONFIG,
            "-s",
            script(tmp_path, WATCHER),
            "--set",
            f"agwfastpath={fast}",
        )
        with OpenAI(base_url=running.base_url, api_key="k", max_retries=0) as client:
            for stream in (False, True):
                answer = client.chat.completions.create(
                    model="m", messages=[{"role": "user", "content": "Hi"}], stream=stream
                )
                assert answer if not stream else list(answer)
        running.process.wait_for_line("HOOK second client_disconnected")
        output = running.process.output
        assert output.count("Addon error: on purpose") == 2
        running.process.lines[:] = [line for line in running.process.lines if not _of_the_script(line)]
        seen.append(hooks_of(output))
    assert seen[0] == seen[1]
    assert seen[0].count("first request ends") == 2
    # The error of "first" ends its own group: both stand below one script.
    assert "second response" not in seen[0]


def _of_the_script(line: str) -> bool:
    return "Addon error" in line or "Traceback" in line


@both
def test_a_flow_that_is_intercepted_waits_until_it_is_resumed(gateway: Any, tmp_path: Path, fast: str) -> None:
    running = gateway(
        CONFIG,
        "-s",
        script(tmp_path, INTERCEPTOR),
        "--set",
        f"agwfastpath={fast}",
    )
    body = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
    url = f"{running.base_url}/chat/completions"
    with urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode()), timeout=10) as answer:
        assert answer.status == 200
    running.process.wait_for_line("RESUMED response")
    assert [line for line in running.process.lines if "RESUMED" in line] == ["RESUMED request", "RESUMED response"]


@both
def test_calls_pipelined_on_one_connection_are_answered_in_order(gateway: Any, fast: str) -> None:
    running = gateway(
        CONFIG,
        "--set",
        f"agwfastpath={fast}",
    )
    models = [f"standin-chunks-{count}" for count in (3, 1, 2)]
    requests = b""
    for model in models:
        body = b'{"model": "%s", "messages": [{"role": "user", "content": "Hi"}]}' % model.encode()
        head = b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % len(body)
        requests += head + body
    with socket.create_connection(("127.0.0.1", running.port)) as client:
        client.settimeout(10)
        client.sendall(requests)
        came = b""
        while came.count(b'"usage":') < 3 or not came.endswith(b"}"):
            came += client.recv(65536)
    tokens = [piece.partition(b",")[0] for piece in came.split(b'"completion_tokens":')[1:]]
    assert tokens == [b"3", b"1", b"2"]
