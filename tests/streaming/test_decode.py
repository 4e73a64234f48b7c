"""Content-encodings undone as the bytes come, and bombs that do not go off."""

from __future__ import annotations

import sys
import zlib

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agw.streaming import decode
from agw.streaming.decode import Decoder, decode_whole

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PACK = {
    "gzip": lambda data: zlib.compress(data, wbits=31),
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstd.compress,
}


@pytest.mark.parametrize("encoding", PACK)
@given(data=st.binary(max_size=3000), size=st.integers(1, 50))
def test_a_body_decodes_however_it_is_cut(encoding, data, size):
    packed = PACK[encoding](data)
    decoder = Decoder(encoding)
    out = b"".join(decoder.decode(packed[at : at + size]) for at in range(0, len(packed), size))
    assert (out, decoder.unreadable) == (data, None)


def test_zstd_may_come_in_several_frames_in_one_piece():
    assert decode_whole(zstd.compress(b"one ") + zstd.compress(b"two"), "zstd") == b"one two"


@pytest.mark.parametrize("encoding", PACK)
def test_more_than_one_step_comes_out_whole(encoding):
    data = bytes(5 * 1024 * 1024)
    assert decode_whole(PACK[encoding](data), encoding) == data


@pytest.mark.parametrize("encoding", PACK)
def test_a_bomb_is_unreadable_and_does_not_fill_the_memory(encoding, monkeypatch):
    monkeypatch.setattr(decode, "MAX_DECODED_BYTES", 1024 * 1024)
    decoder = Decoder(encoding)
    assert decoder.decode(PACK[encoding](bytes(8 * 1024 * 1024))) == b""
    assert decoder.unreadable is not None


@pytest.mark.parametrize("encoding", PACK)
@given(data=st.binary(min_size=1, max_size=200))
def test_nonsense_never_raises(encoding, data):
    decoder = Decoder(encoding)
    decoder.decode(data)
    decoder.decode(b"more")


def test_an_unknown_encoding_is_told():
    assert Decoder("rot13").unreadable == "unknown content-encoding"
    with pytest.raises(LookupError):
        decode_whole(b"x", "rot13")
