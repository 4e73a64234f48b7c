"""Who may ask the admin page, and what its answers forbid browsers to do with them.

* The ``Host`` header must name this server: another site whose name is made to resolve to this machine (DNS
  rebinding) sends its own.
* Off this machine a token is needed; it comes once in the link and stays in a cookie that scripts do not see.
* Nothing lets another origin read an answer, frame a page or post a form.
"""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass

COOKIE = "agw_admin"
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


def is_local(host: str) -> bool:
    """Whether an address to listen on can be reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Guard:
    """``host`` is what the server listens on; ``token`` None where none is asked for."""

    host: str
    token: str | None

    def host_allowed(self, header: str) -> bool:
        """On this machine only its own names; elsewhere an address, or the name that the config gives: a name that
        somebody else's DNS may point here is refused."""
        name = _name_of(header)
        if name in _LOCAL_NAMES or name == self.host.lower():
            return True
        if is_local(self.host):
            return False
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True

    def token_allowed(self, presented: str | None) -> bool:
        if self.token is None:
            return True
        return presented is not None and hmac.compare_digest(presented.encode(), self.token.encode())


def same_origin(headers: Mapping[str, str], host: str) -> bool:
    """Whether a request that changes something comes from the page itself or from no browser at all."""
    site = headers.get("Sec-Fetch-Site")
    if site is not None and site not in ("same-origin", "none"):
        return False
    origin = headers.get("Origin")
    return origin is None or origin.partition("://")[2] == host


def _name_of(header: str) -> str:
    """The host of ``host:port``, lower case, without brackets."""
    header = header.strip().lower()
    if header.startswith("["):
        return header[1:].partition("]")[0]
    return header.rpartition(":")[0] if header.count(":") == 1 else header
