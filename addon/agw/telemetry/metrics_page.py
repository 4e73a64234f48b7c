"""``/metrics`` for Prometheus and ``/healthz/ready``, on an address of their own.

A thread of its own answers, since a large page takes tens of milliseconds that the calls would wait for.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from prometheus_client import CollectorRegistry, make_wsgi_app
from prometheus_client.exposition import ThreadingWSGIServer


class _Handler(WSGIRequestHandler):
    timeout = 10
    """Seconds that a client may say nothing."""

    def log_message(self, *_: object) -> None:
        """Scrapes are not news."""


class _Server(ThreadingWSGIServer):
    daemon_threads = True
    # A worker's successor opens the page while the old one still drains.
    allow_reuse_port = "AGW_WORKER" in os.environ


class _Server6(_Server):
    address_family = socket.AF_INET6


class MetricsPage:
    """Raises OSError where the address cannot be had. ``registry`` is asked at each scrape, since a reload may have
    brought another one."""

    def __init__(
        self, address: tuple[str, int], registry: Callable[[], CollectorRegistry], ready: Callable[[], bool]
    ) -> None:
        self.address = address
        self._registry, self._ready = registry, ready
        host, port = address
        self._server = make_server(host, port, self._app, _Server6 if ":" in host else _Server, handler_class=_Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, name="agw-metrics", daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        host, port = self.address
        return f"http://{f'[{host}]' if ':' in host else host}:{port}/metrics"

    def close(self) -> None:
        """Blocks for half a second at most."""
        self._server.shutdown()
        self._server.server_close()

    def _app(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if environ.get("REQUEST_METHOD") not in ("GET", "HEAD"):
            return _text(start_response, "405 Method Not Allowed", "only GET")
        if path == "/metrics":
            answer: Iterable[bytes] = make_wsgi_app(self._registry())(environ, start_response)
            return answer
        if path in ("/healthz/ready", "/healthz"):
            if self._ready():
                return _text(start_response, "200 OK", "ready")
            return _text(start_response, "503 Service Unavailable", "not ready")
        return _text(start_response, "404 Not Found", "there are /metrics and /healthz/ready")


def _text(start_response: Callable[..., Any], status: str, text: str) -> list[bytes]:
    data = f"{text}\n".encode()
    start_response(status, [("content-type", "text/plain; charset=utf-8"), ("content-length", str(len(data)))])
    return [data]
