"""The admin server: tornado, which mitmproxy brings, on the gateway's own loop. What reads the disk runs in threads."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import logging
import os
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tornado.httpserver
import tornado.netutil
import tornado.web

from agw.journal.query import Reader
from agw.pricing.price import Rates
from agw.web.admin import answers
from agw.web.admin.apart import Apart
from agw.web.admin.asked import Asked, BadQuestion, asked, limit_of
from agw.web.admin.guard import COOKIE, HEADERS, Guard, is_local, same_origin

logger = logging.getLogger("agw")

STATIC = Path(__file__).with_name("static")
MAX_POST_BYTES = 64 * 1024
MAX_ROWS = 2000
"""Of a table on the page; a CSV file has them all."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Unavailable(Exception):
    """What is asked for is not there in this gateway; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the page's facts come from. All may block, and are called in threads."""

    reader: Callable[[], Reader | None]
    """None while there is no journal."""
    destinations: Callable[[], list[dict[str, Any]]]
    config: Callable[[], dict[str, Any]]
    prices: Callable[[], list[dict[str, Any]]]
    rates: Callable[[str, str], Rates | None]
    """By provider and model."""
    score: Callable[[Mapping[str, Any]], dict[str, Any]]
    """Raises BadQuestion for a score that is not one."""


class AdminServer:
    """Listens on ``host:port`` until it is stopped. On an address that others reach it asks for a token."""

    def __init__(self, host: str, port: int, sources: Sources, token: str | None = None) -> None:
        self.host, self.port = host, port
        self.guard = Guard(host, (token or secrets.token_urlsafe(24)) if token or not is_local(host) else None)
        self._apart = Apart()
        kept = {"sources": sources, "guard": self.guard, "apart": self._apart}
        self._server = tornado.httpserver.HTTPServer(
            tornado.web.Application(
                [
                    (r"/", tornado.web.RedirectHandler, {"url": "/ui", "permanent": False}),
                    (r"/ui/?", Page, kept),
                    (r"/ui/static/([\w.-]+)", Static, kept),
                    (r"/api/scores", Scores, kept),
                    (r"/api/call/(\w*)", Call, kept),
                    (r"/api/(\w+)", Api, kept),
                    (r"/healthz", Health, kept),
                    (r".*", Missing, kept),
                ],
                log_function=_no_log,
            ),
            max_body_size=MAX_POST_BYTES,
        )

    @property
    def link(self) -> str:
        """What to open in a browser; it carries the token where one is asked for."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}/ui" + (f"?token={self.guard.token}" if self.guard.token else "")

    def start(self) -> str | None:
        """Why it cannot listen; None when it does."""
        host = "127.0.0.1" if self.host == "localhost" else self.host
        try:
            # A worker's successor opens the page while the old one still drains.
            sockets = tornado.netutil.bind_sockets(self.port, host, reuse_port="AGW_WORKER" in os.environ)
        except OSError as error:
            return error.strerror or "unknown"
        self._server.add_sockets(sockets)
        self.port = sockets[0].getsockname()[1]
        return None

    def stop(self) -> None:
        self._server.stop()
        self._apart.close()


def _no_log(_: tornado.web.RequestHandler) -> None:
    """The address of a request may hold the token."""


class _Handler(tornado.web.RequestHandler):
    def initialize(self, sources: Sources, guard: Guard, apart: Apart) -> None:
        self.sources, self.guard, self.apart = sources, guard, apart

    def set_default_headers(self) -> None:
        self.clear_header("Server")
        for name, value in HEADERS.items():
            self.set_header(name, value)

    def prepare(self) -> None:
        if not self.guard.host_allowed(self.request.headers.get("Host", "")):
            self._refuse(403, "this name is not this server's; open it by its address")
            return
        given = self.get_query_argument("token", None)
        bearer = self.request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not any(self.guard.token_allowed(one) for one in (given, self.get_cookie(COOKIE), bearer)):
            self._refuse(401, "a token is needed: open the link that the gateway printed when it started")
            return
        if given is not None and self.guard.token is not None:
            self.set_cookie(COOKIE, given, httponly=True, samesite="Strict")

    def _refuse(self, status: int, message: str) -> None:
        self.set_status(status)
        self.finish({"error": message})

    def write_error(self, status_code: int, **details: Any) -> None:
        self.finish({"error": self._reason})

    def query(self) -> dict[str, str]:
        return {name: values[-1].decode("utf-8", "replace") for name, values in self.request.query_arguments.items()}

    async def give(self, work: Callable[..., Any], *arguments: Any, apart: Apart | None = None) -> None:
        """Answers with what ``work`` gives, as JSON or CSV."""
        try:
            answer = await (apart.run(work, *arguments) if apart else asyncio.to_thread(work, *arguments))
        except BadQuestion as error:
            self._refuse(400, str(error))
            return
        except Unavailable as error:
            self._refuse(404, str(error))
            return
        except Exception as error:
            logger.error(f"the admin page could not read the journal: {type(error).__name__}")
            self._refuse(500, "the journal could not be read; the gateway's output says more")
            return
        if self.query().get("format") == "csv":
            self.set_header("Content-Type", "text/csv; charset=utf-8")
            self.set_header("Content-Disposition", "attachment; filename=agw.csv")
            self.finish(_csv(answer))
        else:
            self.set_header("Content-Type", "application/json")
            self.finish(json.dumps(answer[:MAX_ROWS] if isinstance(answer, list) else answer))

    def reader(self) -> Reader:
        found = self.sources.reader()
        if found is None:
            raise Unavailable("this gateway keeps no journal; start it with a state folder (--set agwstate=FOLDER)")
        return found


class Page(_Handler):
    def get(self) -> None:
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish((STATIC / "index.html").read_bytes())


class Static(_Handler):
    _TYPES: Mapping[str, str] = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}

    def get(self, name: str) -> None:
        file = STATIC / name
        if file.suffix not in self._TYPES or not file.is_file():
            self._refuse(404, "no such file")
            return
        self.set_header("Content-Type", self._TYPES[file.suffix] + "; charset=utf-8")
        self.finish(file.read_bytes())


_SUMS: Mapping[str, Callable[[Reader, Asked], Any]] = {
    "series": answers.series,
    "groups": answers.groups,
    "latency": answers.latency,
}


class Api(_Handler):
    """``/api/NAME?since=24h&by=model&measure=cost&format=csv``."""

    async def get(self, name: str) -> None:
        sources = self.sources
        if name in ("destinations", "config", "prices"):
            facts: Mapping[str, Callable[[], Any]] = {
                "destinations": sources.destinations,
                "config": sources.config,
                "prices": sources.prices,
            }
            await self.give(facts[name])
        elif name == "overview":
            await self.give(lambda: answers.overview(self.reader(), self._asked(), sources.rates))
        elif name == "calls":
            await self.give(
                lambda: answers.calls(
                    self.reader(), self._asked(), self.query().get("search", ""), limit_of(self.query())
                )
            )
        elif name in _SUMS:
            await self._summed(_SUMS[name], every_call=name == "latency")
        else:
            self._refuse(404, "no such thing")

    async def _summed(self, work: Callable[[Reader, Asked], Any], *, every_call: bool) -> None:
        try:
            asked, reader = self._asked(), self.reader()
        except (BadQuestion, Unavailable) as error:
            self._refuse(400 if isinstance(error, BadQuestion) else 404, str(error))
            return
        if every_call or asked.reads_every_call:
            await self.give(work, reader, asked, apart=self.apart)
        else:
            await self.give(work, reader, asked)

    def _asked(self) -> Asked:
        return asked(self.query(), time.time_ns())


class Call(_Handler):
    async def get(self, span_id: str) -> None:
        await self.give(lambda: answers.call(self.reader(), span_id.lower()))


class Scores(_Handler):
    """The one thing that may be written: what somebody thinks of a call."""

    async def post(self) -> None:
        if not same_origin(self.request.headers, self.request.host):
            self._refuse(403, "another site may not post scores")
            return
        if self.request.headers.get("Content-Type", "").partition(";")[0].strip() != "application/json":
            self._refuse(415, "send application/json")
            return
        try:
            body = json.loads(self.request.body)
        except (ValueError, RecursionError):
            body = None
        if not isinstance(body, dict):
            self._refuse(400, "send a JSON object")
            return
        await self.give(lambda: self.sources.score(body))


class Health(_Handler):
    def get(self) -> None:
        self.finish({"status": "ok"})


class Missing(_Handler):
    def get(self) -> None:
        self._refuse(404, "nothing is here; the page is at /ui")


def _csv(answer: Any) -> str:
    rows = answers.rows_of(answer)
    out = io.StringIO()
    writer = csv.DictWriter(out, answers.header_of(rows), restval="")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _cell(value) for name, value in row.items()})
    return out.getvalue()


def _cell(value: Any) -> Any:
    """A text that a spreadsheet would take for a formula is quoted."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
