"""What a credential is: something that may have to be waited for, and then goes on a request without waiting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from agw.config.secret import Secret


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request as it goes on the wire, complete but for its credential.

    ``url`` is absolute, with the Host header's authority and the target as it stands on the request line.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes


class Ready(Protocol):
    """A credential that is valid now. Never shown: its repr holds no secret."""

    def headers(self, request: Outgoing) -> Sequence[tuple[str, str]]:
        """The headers that carry it; each replaces what stands there."""


class Source(Protocol):
    """Where a credential comes from, kept as long as the config names it."""

    def ready(self) -> Ready | None:
        """The credential if it can be had at once; None: wait for ``prepare``. Only to be called on a running loop,
        for a credential that ends soon is renewed in the background."""

    async def prepare(self) -> Ready:
        """Waits for it. Raises UpstreamAuthError."""


@dataclass(frozen=True, slots=True)
class Bearer:
    """A token in the Authorization header."""

    token: Secret

    def headers(self, request: Outgoing) -> Sequence[tuple[str, str]]:
        return (("authorization", f"Bearer {self.token.reveal()}"),)
