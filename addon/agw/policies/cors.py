"""``cors``: what browsers may ask from pages of other origins (the Fetch standard's CORS protocol)."""

from __future__ import annotations

import re

from agw.config.clients import Cors
from agw.policies.admission import LocalAnswer
from agw.policies.facts import RequestView

Headers = tuple[tuple[str, str], ...]


class CorsPolicy:
    def __init__(self, cors: Cors) -> None:
        self._cors = cors
        self._origins = [
            re.compile("[^/]+".join(map(re.escape, one.lower().split("*")))) for one in cors.allow_origins if one != "*"
        ]

    def preflight(self, view: RequestView) -> LocalAnswer | None:
        """The answer to a browser's question, which never reaches a provider; None for all other requests."""
        if view.method != "OPTIONS" or "origin" not in view.headers:
            return None
        if "access-control-request-method" not in view.headers:
            return None
        allowed = self._allowed(view)
        if not allowed:
            return LocalAnswer(204, (("vary", "Origin"),))
        cors = self._cors
        methods = ", ".join(cors.allow_methods)
        asked = view.header("access-control-request-headers")
        names = asked if "*" in cors.allow_headers and asked else ", ".join(cors.allow_headers)
        if methods == "*" and cors.allow_credentials:
            methods = view.header("access-control-request-method") or methods
        more = [("access-control-allow-methods", methods), ("access-control-allow-headers", names)]
        if cors.max_age_s is not None:
            more.append(("access-control-max-age", str(cors.max_age_s)))
        return LocalAnswer(204, (*allowed, *((name, value) for name, value in more if value)))

    def headers(self, view: RequestView) -> Headers:
        """What every answer to an allowed origin carries."""
        allowed = self._allowed(view)
        if allowed and self._cors.expose_headers:
            return (*allowed, ("access-control-expose-headers", ", ".join(self._cors.expose_headers)))
        return allowed

    def _allowed(self, view: RequestView) -> Headers:
        origin = view.header("origin")
        if origin is None:
            return ()
        everyone = "*" in self._cors.allow_origins
        if not everyone and not any(one.fullmatch(origin.lower()) for one in self._origins):
            return ()
        if everyone and not self._cors.allow_credentials:
            return (("access-control-allow-origin", "*"),)
        found = [("access-control-allow-origin", origin), ("vary", "Origin")]
        if self._cors.allow_credentials:
            found.append(("access-control-allow-credentials", "true"))
        return tuple(found)
