"""Where a credential stands in a request, and how the gateway's replaces the app's.

The credential is kept apart from the headers that people may look at: it is put on the copy that goes on the wire
and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote, unquote

from agw.config.snapshot import BackendAuth, Location, LocationKind
from agw.values import value

MASK = "***"
"""Shown wherever a credential would stand."""

APP_CREDENTIAL_HEADERS = ("authorization", "x-api-key", "api-key", "x-goog-api-key", "proxy-authorization")
"""Headers in which apps send provider keys. None of them goes upstream when the config brings its own key."""


_QUERY_NAMES = frozenset({"key", "api_key", "api-key", "apikey", "access_token"})
"""Query parameters in which apps send keys (Gemini's ``?key=`` and its kin)."""


@value
class WireCredential:
    """The credential in its final place: a header's value, a query pair or a cookie pair."""

    location: Location
    text: str

    def __repr__(self) -> str:
        return f"WireCredential({self.location.kind} {self.location.name})"

    def on_target(self, target: str) -> str:
        """The request target with the credential in its query, where that is its place."""
        if self.location.kind is not LocationKind.QUERY:
            return target
        pair = f"{quote(self.location.name, safe='')}={quote(self.text, safe='')}"
        return f"{target}{'&' if '?' in target else '?'}{pair}"

    def header(self, cookies: Iterable[str] = ()) -> tuple[str, str] | None:
        """The header that carries it, if any; ``cookies`` are the request's own, which stay."""
        if self.location.kind is LocationKind.HEADER:
            return self.location.name, self.location.prefix + self.text
        if self.location.kind is LocationKind.COOKIE:
            return "cookie", "; ".join([*cookies, f"{self.location.name}={self.text}"])
        return None


def wire_credential(auth: BackendAuth, default: Location) -> WireCredential:
    """``default`` is the provider's own place, taken where the config names none."""
    return WireCredential(auth.location or default, auth.key.reveal())


def masked(value: str) -> str:
    """A credential header's value for people: the scheme stays, the rest is hidden."""
    scheme, space, _ = value.partition(" ")
    return f"{scheme} {MASK}" if space and scheme.isalpha() else MASK


def masked_target(target: str) -> str:
    """A request target for people: keys in its query are hidden."""
    path, mark, query = target.partition("?")
    if not mark:
        return target
    pairs = [
        f"{name}={MASK}" if value and unquote(name).lower() in _QUERY_NAMES else pair
        for pair in query.split("&")
        for name, _, value in (pair.partition("="),)
    ]
    return f"{path}?{'&'.join(pairs)}"
