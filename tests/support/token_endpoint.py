"""A small HTTP(S) server that plays the token endpoints of clouds."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl


@dataclass
class Endpoint:
    """``answers`` maps a path (without query) to what is answered: JSON, or text as XML; or (status, either)."""

    answers: dict[str, Any]
    url: str = ""
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    """Path and the form of each request."""


@contextmanager
def token_endpoint(answers: dict[str, Any], certificate: tuple[Path, Path] | None = None) -> Iterator[Endpoint]:
    endpoint = Endpoint(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, _, query = self.path.partition("?")
            body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
            endpoint.asked.append((path, dict(parse_qsl(body or query))))
            answer = endpoint.answers.get(path, (404, {"error": "not_found"}))
            status, answer = answer if isinstance(answer, tuple) else (200, answer)
            data = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("content-type", "text/xml" if isinstance(answer, str) else "application/json")
            self.send_header("content-length", str(len(data)))
            self.send_header("metadata-flavor", "Google")
            self.end_headers()
            self.wfile.write(data)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    scheme = "http"
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme = "https"
    endpoint.url = f"{scheme}://{'localhost' if certificate else '127.0.0.1'}:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield endpoint
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
