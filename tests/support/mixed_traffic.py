"""Traffic as a day brings it, from a few clients at once: whole answers, streams, clients that leave, providers that
fail; and a config that is saved now and then."""

from __future__ import annotations

import http.client
import itertools
import json
import socket
import threading
import time
from collections import Counter
from pathlib import Path

_HEAD = "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n"
# (name, model, streamed, status); status None: the client leaves after the first bytes.
KINDS: tuple[tuple[str, str, bool, int | None], ...] = (
    ("whole", "standin-chunks-20", False, 200),
    ("stream", "standin-chunks-40", True, 200),
    ("whole", "standin-chunks-200", False, 200),
    ("left", "standin-chunks-400+chunk-delay-ms-5", True, None),
    ("compressed", "standin-chunks-40+encoding-gzip", False, 200),
    ("stream", "standin-chunks-20+chunk-delay-ms-1", True, 200),
    ("refused", "standin-status-400", False, 400),
    ("whole", "standin-chunks-20", False, 200),
    ("failed", "standin-status-500", False, 500),
    ("broken", "standin-chunks-40+die-after-5", True, 200),
    ("error in a stream", "standin-chunks-40+error-after-5", True, 200),
    ("never answered", "standin-reset-1", False, 503),
)


def call(model: str, stream: bool) -> bytes:
    body = json.dumps({"model": model, "stream": stream, "messages": [{"role": "user", "content": "word " * 50}]})
    return (_HEAD.format(len(body)) + body).encode()


class MixedTraffic:
    """``made`` counts the calls by kind, ``wrong`` holds what came back otherwise than it should."""

    def __init__(self, port: int, clients: int) -> None:
        self.made: Counter[str] = Counter()
        self.wrong: list[str] = []
        self._port = port
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._client, args=(number,)) for number in range(clients)]

    def __enter__(self) -> MixedTraffic:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(60)

    def _client(self, number: int) -> None:
        sock: socket.socket | None = None
        for name, model, stream, status in itertools.islice(itertools.cycle(KINDS), number, None):
            if self._stop.is_set():
                break
            with self._lock:
                self.made[name] += 1
            try:
                if sock is None:
                    sock = socket.create_connection(("127.0.0.1", self._port), 30)
                if not self._one(sock, call(model, stream), status, whole=name != "broken"):
                    sock.close()
                    sock = None
            except (OSError, http.client.HTTPException, AssertionError) as error:
                self.wrong.append(f"{name}: {error!r}")
                if sock is not None:
                    sock.close()
                sock = None
        if sock is not None:
            sock.close()

    @staticmethod
    def _one(sock: socket.socket, request: bytes, status: int | None, *, whole: bool) -> bool:
        """Whether the connection may take another call."""
        sock.sendall(request)
        answer = http.client.HTTPResponse(sock)
        answer.begin()
        if status is None:
            assert answer.status == 200, answer.status
            answer.read1(100)
            return False
        assert answer.status == status, answer.status
        try:
            answer.read()
        except http.client.IncompleteRead:
            assert not whole, "broken off"
            return False
        return not answer.will_close


class Saves:
    """Saves the config anew every ``every_s``, each time with another comment."""

    def __init__(self, config: Path, every_s: float) -> None:
        self.count = 0
        self._text = config.read_text()
        self._config, self._every_s = config, every_s
        self._due_s = time.monotonic() + every_s

    def step(self) -> None:
        if time.monotonic() >= self._due_s:
            self.count += 1
            self._config.write_text(f"{self._text}# saved {self.count} times\n")
            self._due_s = time.monotonic() + self._every_s
