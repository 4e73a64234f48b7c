"""An upstream that takes and gives bodies of any size without keeping them, and what a process needs of memory."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

PIECE = bytes(range(256)) * 256
"""64 KiB."""


def pieces(size: int) -> Iterator[bytes]:
    for _ in range(size // len(PIECE)):
        yield PIECE
    if rest := size % len(PIECE):
        yield PIECE[:rest]


def sha256_of(size: int) -> str:
    seen = hashlib.sha256()
    for piece in pieces(size):
        seen.update(piece)
    return seen.hexdigest()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_POST(self) -> None:
        """Answers with how much came, and its SHA-256."""
        seen, left = hashlib.sha256(), int(self.headers["content-length"])
        told = left
        while left:
            piece = self.rfile.read(min(left, len(PIECE)))
            if not piece:
                return
            seen.update(piece)
            left -= len(piece)
        self._head(len(answer := f"{told} {seen.hexdigest()}".encode()))
        self.wfile.write(answer)

    def do_GET(self) -> None:
        """``/give/BYTES``, or ``/give/BYTES/chunked``."""
        size, _, way = self.path.rpartition("/give/")[2].partition("/")
        self._head(None if way else int(size))
        for piece in pieces(int(size)):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if way else piece)
        if way:
            self.wfile.write(b"0\r\n\r\n")

    def _head(self, length: int | None) -> None:
        self.send_response(200)
        self.send_header("content-type", "application/octet-stream")
        if length is None:
            self.send_header("transfer-encoding", "chunked")
        else:
            self.send_header("content-length", str(length))
        self.end_headers()


class LargeBodies:
    """``with LargeBodies() as upstream: upstream.port``."""

    def __init__(self) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> LargeBodies:
        self._thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._server.shutdown()
        self._server.server_close()


def rss_mb(pid: int) -> float:
    return _status_mb(pid, "VmRSS")


def peak_rss_mb(pid: int) -> float:
    """The most that it ever had."""
    return _status_mb(pid, "VmHWM")


def open_files(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def _status_mb(pid: int, name: str) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1024
    raise AssertionError(f"no {name} of process {pid}")
