"""Content encodings, piece by piece: every piece can be decoded as soon as it has come, as real providers send it."""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable


class Encoder:
    """``encode`` gives the bytes for one piece, flushed; ``finish`` the end mark."""

    def __init__(self, encode: Callable[[bytes], bytes], finish: Callable[[], bytes]) -> None:
        self.encode = encode
        self.finish = finish


def encoder(name: str) -> Encoder | None:
    """None for a name that is not gzip, br or zstd."""
    make = {"gzip": _gzip, "br": _brotli, "zstd": _zstd}.get(name)
    return make() if make else None


def encode_all(name: str, data: bytes) -> bytes:
    made = encoder(name)
    return made.encode(data) + made.finish() if made else data


def _gzip() -> Encoder:
    made = zlib.compressobj(wbits=31)
    return Encoder(lambda data: made.compress(data) + made.flush(zlib.Z_SYNC_FLUSH), made.flush)


# The two below are imported where they are needed: the quickstart's start need not wait for them.
def _brotli() -> Encoder:
    import brotli  # type: ignore[import-untyped]

    made = brotli.Compressor()
    return Encoder(lambda data: made.process(data) + made.flush(), made.finish)


def _zstd() -> Encoder:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd

    made = zstd.ZstdCompressor()
    return Encoder(lambda data: made.compress(data, zstd.ZstdCompressor.FLUSH_BLOCK), made.flush)
