"""A server that takes JSON on any path and keeps it, and that can be told to fail.

::

    with JsonReceiver() as server:
        server.failures = [404, 503]      # answers to the next requests; then 200
        ...
        server.wait_for(1)[0].json
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Taken:
    """One request that was answered with 200. Header names in lower case."""

    path: str
    headers: dict[str, str]
    json: Any


class JsonReceiver:
    def __init__(self) -> None:
        self.taken: list[Taken] = []
        self.requests = 0
        self.failures: list[int] = []
        self._changed = threading.Condition()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                receiver._answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("content-length", 0)))
        with self._changed:
            self.requests += 1
            status = self.failures.pop(0) if self.failures else 200
            if status == 200:
                headers = {name.lower(): value for name, value in handler.headers.items()}
                self.taken.append(Taken(handler.path, headers, json.loads(body)))
            self._changed.notify_all()
        handler.send_response(status)
        handler.send_header("content-length", "2")
        handler.end_headers()
        handler.wfile.write(b"{}")

    def wait_for(self, count: int, timeout_s: float = 20.0) -> list[Taken]:
        with self._changed:
            came = self._changed.wait_for(lambda: len(self.taken) >= count, timeout_s)
            assert came, f"{len(self.taken)} requests were taken, {count} were expected"
            return list(self.taken)

    def wait_for_requests(self, count: int, timeout_s: float = 20.0) -> None:
        with self._changed:
            came = self._changed.wait_for(lambda: self.requests >= count, timeout_s)
            assert came, f"{self.requests} requests came, {count} were expected"

    def __enter__(self) -> JsonReceiver:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
