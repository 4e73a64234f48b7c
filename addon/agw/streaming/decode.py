"""Undoes content-encodings as the bytes come, with a bound on what they may grow to."""

from __future__ import annotations

import sys
import zlib
from typing import Protocol

import brotli  # type: ignore[import-untyped]

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

MAX_DECODED_BYTES = 256 * 1024 * 1024
"""What one body may decode to; beyond it the body is unreadable (a decompression bomb, or something like one)."""

_STEP = 1024 * 1024
_WINDOW_LOG_MAX = 27
"""The largest window of a zstd frame: 128 MiB."""


class _Stream(Protocol):
    def decode(self, data: bytes) -> bytes: ...


class _Zlib:
    """gzip, and deflate with or without its zlib header (servers disagree on what ``deflate`` is)."""

    def __init__(self, kind: str) -> None:
        self._deflate = kind == "deflate"
        self._started = False
        self._object = zlib.decompressobj(16 + zlib.MAX_WBITS if kind == "gzip" else zlib.MAX_WBITS)

    def decode(self, data: bytes) -> bytes:
        if not self._started and data:
            self._started = True
            if self._deflate and (data[0] & 0x0F) != 8:
                self._object = zlib.decompressobj(-zlib.MAX_WBITS)
        out = []
        while data:
            out.append(self._object.decompress(data, _STEP))
            data = self._object.unconsumed_tail
            if sum(map(len, out)) > MAX_DECODED_BYTES:
                raise ValueError("the body decodes to too much")
        return b"".join(out)


class _Brotli:
    def __init__(self) -> None:
        self._object = brotli.Decompressor()

    def decode(self, data: bytes) -> bytes:
        out = [bytes(self._object.process(data, output_buffer_limit=_STEP))]
        # A full piece may have more behind it, though all of the input is taken.
        while len(out[-1]) >= _STEP or not self._object.can_accept_more_data():
            out.append(bytes(self._object.process(b"", output_buffer_limit=_STEP)))
            if sum(map(len, out)) > MAX_DECODED_BYTES:
                raise ValueError("the body decodes to too much")
        return b"".join(out)


class _Zstd:
    def __init__(self) -> None:
        self._object = self._frame()

    def _frame(self) -> zstd.ZstdDecompressor:
        return zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: _WINDOW_LOG_MAX})

    def decode(self, data: bytes) -> bytes:
        out = []
        while data or not (self._object.needs_input or self._object.eof):
            if self._object.eof:
                # A body may be several frames.
                self._object = self._frame()
            out.append(self._object.decompress(data, _STEP))
            data = self._object.unused_data if self._object.eof else b""
            if sum(map(len, out)) > MAX_DECODED_BYTES:
                raise ValueError("the body decodes to too much")
        return b"".join(out)


class Decoder:
    """One body's decoder. ``unreadable`` says why nothing more comes out; it never raises."""

    def __init__(self, encoding: str) -> None:
        self.unreadable: str | None = None
        self._total = 0
        self._stream: _Stream | None = None
        name = encoding.strip().lower()
        if name in ("", "identity"):
            return
        if name in ("gzip", "x-gzip"):
            self._stream = _Zlib("gzip")
        elif name == "deflate":
            self._stream = _Zlib("deflate")
        elif name == "br":
            self._stream = _Brotli()
        elif name == "zstd":
            self._stream = _Zstd()
        else:
            self.unreadable = "unknown content-encoding"

    @property
    def identity(self) -> bool:
        return self._stream is None and self.unreadable is None

    def decode(self, data: bytes) -> bytes:
        """What these bytes add to the decoded body."""
        if self.unreadable is not None:
            return b""
        if self._stream is None or not data:
            return data
        try:
            out = self._stream.decode(data)
        except (ValueError, zlib.error, brotli.error, zstd.ZstdError, MemoryError):
            self.unreadable = "the body does not decode"
            return b""
        self._total += len(out)
        if self._total > MAX_DECODED_BYTES:
            self.unreadable = "the body decodes to too much"
            return b""
        return out


def decode_whole(data: bytes, encoding: str) -> bytes:
    """A whole body. Raises LookupError for an unknown encoding, ValueError for data that does not decode."""
    decoder = Decoder(encoding)
    if decoder.unreadable is not None:
        raise LookupError(decoder.unreadable)
    out = decoder.decode(data)
    if decoder.unreadable is not None:
        raise ValueError(decoder.unreadable)
    return out
