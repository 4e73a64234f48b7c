"""The audit chain: each row's hash covers the row and the hash of the one before it.

Canonical form of a row, UTF-8: a JSON list without spaces of ``seq``, the values of ``rows.NAMES`` in their order,
and the record's text as it is stored. That text holds the SHA-256 of the request's and the answer's exact bytes and of
the config in force (``evidence``), and of each piece of content that it refers to, so the hash covers those too.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

START = "0" * 64
"""Stands before the first row."""
_CANONICAL = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":"))


def row_hash(before: str, seq: int, values: Sequence[Any], body: str) -> str:
    """Lower-case hex SHA-256."""
    return hashlib.sha256(f"{before}\n{_CANONICAL.encode([seq, *values, body])}".encode()).hexdigest()


def statement(number: int, kind: str, seq: int, sha256: str, at_ns: int) -> bytes:
    """What a checkpoint signs. ``number`` counts them up by one, so that none can be taken out unseen."""
    return json.dumps(["agw-checkpoint-1", number, kind, seq, sha256, at_ns], separators=(",", ":")).encode()
