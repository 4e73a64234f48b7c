"""What expressions and policies may still read when a call has ended, and what nobody keeps.

It goes with the record as far as the finishers (``recorder/finish.py``) and is then forgotten: unlike the record it
holds headers, claims and whole bodies.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from agw.values import value


@value
class Claims:
    """What the policies that authenticated the client verified, in the names of the reference's CEL variables."""

    api_key: Mapping[str, Any] | None = None
    """``apiKey``: the key's metadata, never the key."""
    jwt: Mapping[str, Any] | None = None
    basic_auth: Mapping[str, Any] | None = None
    """``basicAuth``: ``username``, never the password."""


@value
class Transient:
    """Header names are in lower case; each has all of its values, in their order."""

    target: str | None = None
    """Path and query of the client's request."""
    request_headers: Mapping[str, list[str]] = field(default_factory=dict)
    response_headers: Mapping[str, list[str]] = field(default_factory=dict)
    http_status: int | None = None
    claims: Claims = Claims()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """``metadata``: what the config's transformations have noted of the call."""
    request_body: Mapping[str, Any] | None = None
    """The client's request as it was parsed, before translation; None where it was not."""
    answer: Mapping[str, Any] | None = None
    """The whole answer as it was parsed; None for streams and where it was not."""
    size_bytes: int = 0
    """Of the bodies on the wire, roughly: what the recorder's queue is bounded by."""
