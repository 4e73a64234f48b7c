"""For bare mitmdump in the benchmark: event streams pass through as they come, as in any set-up worth comparing."""

from __future__ import annotations

from mitmproxy import http


def responseheaders(flow: http.HTTPFlow) -> None:
    if flow.response is not None and flow.response.headers.get("content-type", "").startswith("text/event-stream"):
        flow.response.stream = True
