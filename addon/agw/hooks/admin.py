"""The admin page of a running gateway: where its facts come from, and its port."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mitmproxy import http

from agw.config.signals import AdminAddress
from agw.destinations import shared
from agw.hooks.served import Served
from agw.journal.opening import siblings
from agw.journal.query import Reader
from agw.pricing.price import Rates
from agw.scores.score import ScoreError, read
from agw.telemetry.metrics_shared import shared_folder
from agw.web.admin.asked import BadQuestion
from agw.web.admin.guard import is_local
from agw.web.admin.in_force import shown
from agw.web.admin.server import AdminServer, Sources

logger = logging.getLogger("agw")

_RATES = ("input", "output", "cache_read", "cache_write", "reasoning", "input_audio", "output_audio")


class Admin:
    """``served`` gives the config in force. A page that cannot be opened is told, and traffic goes on."""

    def __init__(self, served: Callable[[], Served]) -> None:
        self._served = served
        self._server: AdminServer | None = None
        self._address: AdminAddress | None = None

    def serve(self, address: AdminAddress | None) -> None:
        """Opens the page, or closes it; on the loop."""
        if address == self._address:
            return
        self._address = address
        self.close()
        if address is None:
            return
        sources = Sources(
            reader=self._reader,
            destinations=lambda: shared.of_all(shared_folder(), self._served().recording.deliveries.stats()),
            config=self._config,
            prices=self._prices,
            rates=self._rates,
            score=self._score,
        )
        server = AdminServer(address.host, address.port, sources)
        trouble = server.start()
        if trouble is None:
            self._server = server
            logger.info(f"admin page at {server.link}")
            return
        told = f"no admin page: {address.host}:{address.port} cannot be opened ({trouble.lower()})"
        (logger.warning if address.named else logger.info)(f"{told}; config.adminAddr names another one, or is off")

    def close(self) -> None:
        if self._server is not None:
            self._server.stop()
            self._server = None

    def is_asked_by(self, request: http.Request) -> bool:
        """Whether somebody tries to reach the page through the proxy itself."""
        server = self._server
        return server is not None and request.port == server.port and is_local(request.pretty_host.strip("[]"))

    def _reader(self) -> Reader | None:
        path = self._served().recording.journal.path
        return None if path is None else Reader(siblings(path))

    def _config(self) -> dict[str, Any]:
        snapshot = self._served().snapshot
        try:
            text = Path(snapshot.file).read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError):
            text = ""
        return {"file": snapshot.file, "sha256": snapshot.sha256, "text": shown(text)}

    def _prices(self) -> list[dict[str, Any]]:
        served = self._served()
        book = served.recording.prices.pricer(served.snapshot.catalog).book
        return [
            {
                "provider": row.provider,
                "model": row.model,
                **{name: None if (rate := getattr(row.price.rates, name)) is None else f"{rate:f}" for name in _RATES},
                "source": row.source,
            }
            for row in book.in_force(datetime.now(UTC))
        ]

    def _rates(self, provider: str, model: str) -> Rates | None:
        served = self._served()
        book = served.recording.prices.pricer(served.snapshot.catalog).book
        found = book.find(provider, (model,), datetime.now(UTC))
        return None if found is None else found.price.rates

    def _score(self, body: Mapping[str, Any]) -> dict[str, Any]:
        try:
            score = read(body, time.time_ns())
        except ScoreError as error:
            raise BadQuestion(str(error)) from None
        self._served().recording.scores.submit(score)
        return {"id": score.id}
