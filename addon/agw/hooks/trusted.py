"""Which of a client's connections a call may go out on."""

from __future__ import annotations

from dataclasses import dataclass

from mitmproxy.connection import Connection, Server
from mitmproxy.proxy.layers.http import GetHttpConnection

from agw.config.snapshot import BackendTls

_POLICY = "agw_tls_policy"


@dataclass(eq=False)
class GetTrustedConnection(GetHttpConnection):
    """Of the connections that a client has, mitmproxy would take one to the same address whatever its TLS has
    verified."""

    policy: BackendTls | None = None

    def connection_spec_matches(self, connection: Connection) -> bool:
        known = _POLICY in connection.__dict__ and connection.__dict__[_POLICY] == self.policy
        return known and super().connection_spec_matches(connection)


def made_for(connection: Server, policy: BackendTls | None) -> None:
    """The first that gets it is the one that it was made for."""
    connection.__dict__.setdefault(_POLICY, policy)
