"""Keys seeded wherever a call can carry one are found in no sink: spans, log, metrics, journal, pages, dump."""

from __future__ import annotations

import json
import threading
import time
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx2 as httpx
import pytest

from bench_suite.ports import free_port
from conftest import CONFIG

# Not of the shape that the other tests look for, and of the providers' own shapes.
SEEDS = {
    "configured": "sk-proj-CFGseed0123456789abcdefghijklmnopqrstuv",
    "authorization": "sk-proj-AUTHseed0123456789abcdefghijklmnopqrstu",
    "x-api-key": "sk-ant-api03-XKEYseed0123456789abcdefghijklmnopqr",
    "api-key": "AZUREseed0123456789abcdef0123456789abcdef",
    "x-goog-api-key": "AIzaSyGOOGseed0123456789abcdefghijklmno",
    "query": "AIzaSyQUERYseed0123456789abcdefghijklmn",
    "proxy-authorization": "PROXYseed0123456789abcdef",
    "cookie": "COOKIEseed0123456789abcdef",
    "helicone-auth": "sk-helicone-HELseed0123456789abcdef",
    "body": "sk-proj-BODYseed0123456789abcdefghijklmnopqrstuv",
}
HEADERS = {
    "authorization": f"Bearer {SEEDS['authorization']}",
    "proxy-authorization": f"Basic {SEEDS['proxy-authorization']}",
    "cookie": f"session={SEEDS['cookie']}",
    "helicone-auth": f"Bearer {SEEDS['helicone-auth']}",
    **{name: SEEDS[name] for name in ("x-api-key", "api-key", "x-goog-api-key")},
}
SECRETS = [value.encode() for value in SEEDS.values()]


class _Blabbing(BaseHTTPRequestHandler):
    """A provider that repeats every credential in its error, as some do."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        said = {"error": {"message": f"Incorrect API key provided: {self.headers['authorization']}", "type": "invalid", "code": "invalid_api_key"}}  # fmt: skip
        body = json.dumps(said).encode()
        self.send_response(401)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def blabbing() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Blabbing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("own_key", [True, False], ids=["key of the config", "key of the app"])
def test_no_key_reaches_any_sink(gateway, standin, collector, blabbing, tmp_path, own_key):
    admin, stats, dump = free_port(), free_port(), tmp_path / "dump.mitm"
    text = CONFIG.replace("config:\n", f"config:\n  adminAddr: 127.0.0.1:{admin}\n", 1)
    text = text.replace("key: sk-configured-canary", f"key: {SEEDS['configured']}")
    if not own_key:
        text = text[: text.index("      policies:")]
    outputs = []
    for upstream in (None, blabbing, f"127.0.0.1:{free_port()}"):
        running = gateway(text, "-w", f"+{dump}", upstream=upstream, env={"STATS_ADDR": f"127.0.0.1:{stats}"})
        running.process.wait_for_line("admin page at")
        body = {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "api_key": SEEDS["body"]}
        answer = httpx.post(
            f"{running.base_url}/chat/completions?key={SEEDS['query']}", json=body, headers=HEADERS, timeout=20
        )
        assert answer.status_code in (200, 401, 503)
        _wait_until_recorded(admin)
        calls = json.loads(_get(f"http://127.0.0.1:{admin}/api/calls"))
        pages = ["overview", "groups?by=user", "calls", "config", "destinations", "prices", "latency"]
        pages += [f"call/{call['span_id']}" for call in calls]
        outputs += [_get(f"http://127.0.0.1:{admin}/api/{page}") for page in pages]
        outputs.append(_get(f"http://127.0.0.1:{stats}/metrics"))
        running.process.stop()
        outputs.append(running.process.output.encode())
    collector.wait_for(3)
    outputs += [span.SerializeToString() for span in collector.spans]
    outputs += [file.read_bytes() for file in tmp_path.rglob("*.sqlite*") if file.is_file()]
    assert any(b"gpt-4o-mini" in one for one in outputs)
    for output in outputs:
        for secret in SECRETS:
            assert secret not in output, secret
    # A dump holds bodies as they were; the keys that authenticate are hidden in it all the same.
    saved = dump.read_bytes()
    seeds = {name: value for name, value in SEEDS.items() if name not in ("body", "cookie")}
    found = [name for name, value in seeds.items() if value.encode() in saved]
    assert found == _repeated_by_the_provider(saved, found)


def _repeated_by_the_provider(saved: bytes, found: list[str]) -> list[str]:
    """The answer's own bytes are the provider's; what it repeats of a key stays in them."""
    return [name for name in found if b"Incorrect API key provided: Bearer " + SEEDS[name].encode() in saved]


def _wait_until_recorded(admin: int) -> None:
    for _ in range(200):
        if json.loads(_get(f"http://127.0.0.1:{admin}/api/overview"))["calls"]:
            return
        time.sleep(0.05)
    raise AssertionError("the call is not on record")


def _get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=20) as answer:
        return answer.read()
