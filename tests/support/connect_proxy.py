"""An HTTP proxy that knows CONNECT alone, and remembers what it was asked for."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Self


class ConnectProxy:
    """Connects to ``127.0.0.1`` whatever host is asked for; ``status`` other than 200 refuses."""

    def __init__(self, status: int = 200) -> None:
        self._status = status
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.asked: list[str] = []
        self.passed = b""
        """What clients sent into the tunnels."""
        self._open: list[socket.socket] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        self._open.append(client)
        with contextlib.suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head:
                head += client.recv(4096)
            method, target = head.decode().split()[:2]
            self.asked.append(f"{method} {target}")
            client.sendall(b"HTTP/1.1 %d Said\r\n\r\n" % self._status)
            if self._status != 200:
                client.close()
                return
            server = socket.create_connection(("127.0.0.1", int(target.rpartition(":")[2])))
            self._open.append(server)
            threading.Thread(target=self._copy, args=(server, client, False), daemon=True).start()
            self._copy(client, server, True)

    def _copy(self, source: socket.socket, sink: socket.socket, kept: bool) -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(65536):
                if kept:
                    self.passed += piece
                sink.sendall(piece)
            sink.shutdown(socket.SHUT_WR)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for one in (self._listening, *self._open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
