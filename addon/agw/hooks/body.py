"""A request's body, decoded and parsed at most once, and only when somebody asks."""

from __future__ import annotations

from mitmproxy import http

from agw.errors import BadRequest, UnsupportedEncoding
from agw.formats.body import JsonObject
from agw.hooks.heads import value_of
from agw.streaming.decode import decode_whole


class Body:
    def __init__(self, request: http.Request) -> None:
        self._request = request
        self._parsed: JsonObject | None = None

    @property
    def encoded(self) -> bool:
        encoding = value_of(self._request.headers, b"content-encoding")
        return encoding is not None and encoding.strip().lower() not in ("", "identity")

    def parsed(self) -> JsonObject:
        """Raises BadRequest or UnsupportedEncoding."""
        if self._parsed is None:
            data = self._request.raw_content or b""
            if self.encoded:
                data = _decoded(data, self._request.headers["content-encoding"])
            try:
                self._parsed = JsonObject.parse(data)
            except ValueError as error:
                raise BadRequest(f"failed to process LLM request: failed to parse request: {error}") from None
        return self._parsed

    def peek(self) -> JsonObject | None:
        """The parsed body where it can be read, else None."""
        try:
            return self.parsed()
        except (BadRequest, UnsupportedEncoding):
            return None


def _decoded(data: bytes, encoding: str) -> bytes:
    try:
        return decode_whole(data, encoding)
    except LookupError:
        raise UnsupportedEncoding(
            "failed to process LLM request: unsupported content encoding; send gzip, deflate, br, zstd or none"
        ) from None
    except ValueError as error:
        raise BadRequest(f"failed to process LLM request: the body cannot be decoded: {error}") from None
