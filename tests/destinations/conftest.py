"""Destinations that are closed at the end of a test, and what they told."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from agw.config.secret import Secret
from agw.config.snapshot import Tracing
from agw.content.levels import Level
from agw.destinations.otlp import OtlpReceiver
from agw.destinations.worker import Worker
from agw.journal.memory import MemoryStore
from agw.record import CallRecord
from standin_provider.certificate import make_certificate


class Opened(Worker):
    """A worker on a journal in memory, which keeps what it told."""

    told: list[str]
    store: MemoryStore

    def put(self, record: CallRecord) -> None:
        self.store.append_bounded([record])
        self.wake()


@pytest.fixture
def destination() -> Iterator[Callable[..., Opened]]:
    """Opens one: ``destination(endpoint, protocol="http", headers={...}, environ={...}, ...)``."""
    opened: list[Opened] = []

    def opening(
        endpoint: str,
        protocol: str = "grpc",
        headers: dict[str, str] | None = None,
        path: str = "/v1/traces",
        **more: Any,
    ) -> Opened:
        secrets = tuple((name, Secret(value)) for name, value in (headers or {}).items())
        told: list[str] = []
        more.setdefault("linger_s", 0.01)
        environ = more.pop("environ", {})
        wanted = OtlpReceiver(Tracing(endpoint, protocol, path, secrets, content=Level.FULL))
        store = MemoryStore(**{name: more.pop(name) for name in ("max_rows", "max_bytes") if name in more})
        store.serve(wanted.name)
        store.destinations = (wanted.name,)
        on_trouble = more.pop("on_trouble", told.append)
        one = Opened(wanted, lambda: [store], environ=environ, on_trouble=on_trouble, **more)
        one.told, one.store = told, store
        opened.append(one)
        return one

    yield opening
    for one in opened:
        one.close(0.0)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Certificate and key files for 127.0.0.1, signed by themselves."""
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def told_within() -> Callable[..., str]:
    """Waits for the ``count``-th message of a destination and gives it."""

    def wait(one: Opened, count: int = 1, timeout_s: float = 20.0) -> str:
        deadline = time.monotonic() + timeout_s
        while len(one.told) < count:
            assert time.monotonic() < deadline, f"told so far: {one.told}, {one.stats()}"
            time.sleep(0.01)
        return one.told[count - 1]

    return wait
