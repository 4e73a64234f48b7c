"""Recorded traffic, mitmproxy's own dumps and HAR files, as exchanges. The one place that reads them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mitmproxy import exceptions, http
from mitmproxy.io import FlowReader

from agw.errors import ImportFailed
from agw.hooks.heads import header_lists
from agw.imports.exchange import Exchange


def exchanges(path: Path) -> Iterator[Exchange]:
    """In the order of the file; what is not HTTP is passed over. Raises ImportFailed, after what could be read."""
    try:
        with path.open("rb") as file:
            for flow in FlowReader(file).stream():
                if isinstance(flow, http.HTTPFlow) and flow.request.timestamp_start:
                    yield exchange_of(flow)
    except OSError as error:
        raise ImportFailed(f"{path} cannot be read: {(error.strerror or 'unknown').lower()}") from None
    except (exceptions.FlowReadException, ValueError, KeyError, TypeError) as error:
        # Neither library says where; the text may quote the traffic.
        raise ImportFailed(f"{path} is no mitmproxy dump and no HAR file, or ends early") from error


def exchange_of(flow: http.HTTPFlow) -> Exchange:
    request, response = flow.request, flow.response
    start_s = request.timestamp_start
    end_s = (response.timestamp_end or response.timestamp_start) if response is not None else request.timestamp_end
    first_s = response.timestamp_start if response is not None else None
    return Exchange(
        method=request.method,
        host=request.pretty_host,
        port=request.port,
        path=request.path,
        start_ns=_ns(start_s),
        end_ns=_ns(end_s or start_s),
        request_headers=header_lists(request.headers),
        request_body=request.raw_content or b"",
        status=None if response is None else response.status_code,
        answer_headers={} if response is None else header_lists(response.headers),
        answer_body=None if response is None else response.raw_content,
        first_byte_ns=None if first_s is None else _ns(first_s),
        broken_off=flow.error is not None,
        client_address=flow.client_conn.peername[0] if flow.client_conn.peername else None,
    )


def _ns(seconds: float) -> int:
    # To the microsecond: that is all that a float of seconds since the epoch holds.
    return round(seconds * 1e6) * 1000
