"""The stand-in inside the process that uses it, in a thread with its own event loop: for tests."""

from __future__ import annotations

import asyncio
import ssl
import threading
from types import TracebackType
from typing import Any, Self

from standin_provider.server import Standin


class StandinThread:
    """``with StandinThread() as standin:`` serves on ``standin.port``; ``standin.requests()`` is what it saw."""

    def __init__(self, port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        self.port = port
        self._tls = tls
        self._standin = Standin()
        self._loop = asyncio.new_event_loop()
        self._listens = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="stand-in provider", daemon=True)

    @property
    def base_url(self) -> str:
        """What an OpenAI client takes as ``base_url``."""
        return f"http{'s' if self._tls else ''}://127.0.0.1:{self.port}/v1"

    def requests(self) -> list[dict[str, Any]]:
        """Oldest first; see Standin for what each holds."""
        return list(self._standin.seen)

    def clear(self) -> None:
        self._standin.seen.clear()

    def __enter__(self) -> Self:
        self._thread.start()
        self._listens.wait()
        if self._failure is not None:
            raise self._failure
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
                runner.run(self._serve())
        except BaseException as failure:
            self._failure = failure
            self._listens.set()

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        server = await asyncio.start_server(self._standin.serve, "127.0.0.1", self.port, ssl=self._tls, backlog=4096)
        self.port = server.sockets[0].getsockname()[1]
        self._listens.set()
        await self._stop.wait()
        server.close()
