"""Seals as ``thoughtSignature``, which is base64 wherever Google's own types read it.

Another maker's seal goes as base64 of what ``seals`` makes of it. Google's SDK sends back what it got in the alphabet
for URLs, so both are read.
"""

from __future__ import annotations

import base64
import binascii

from agw.translate.neutral import Maker, Seal
from agw.translate.seals import unwrap, wrap

OURS = b"agw."
"""How the seal of another maker begins, before it is base64."""


def write(seal: Seal) -> str:
    if seal.maker is Maker.GOOGLE:
        return seal.value
    return base64.b64encode(wrap(seal, Maker.GOOGLE).encode("utf-8", "surrogatepass")).decode()


def read(signature: str) -> Seal:
    try:
        inner = base64.b64decode(signature.translate({0x2D: "+", 0x5F: "/"}), validate=True)
        if inner.startswith(OURS):
            return unwrap(inner.decode(), Maker.GOOGLE)
    except (binascii.Error, ValueError):
        pass
    return Seal(Maker.GOOGLE, signature)
