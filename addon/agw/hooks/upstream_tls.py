"""``backendTLS``: the TLS that a target asks for, in place of what mitmproxy would do by itself."""

from __future__ import annotations

import ipaddress
import os
from functools import lru_cache

import certifi
from mitmproxy import tls
from mitmproxy.connection import Server
from OpenSSL import SSL

from agw.config.snapshot import BackendTls


class WantedTls:
    """What each client's calls ask of the connections to their targets, until the client has gone."""

    def __init__(self) -> None:
        self._policies: dict[str, dict[tuple[str, int], BackendTls]] = {}

    def want(self, client: str, destination: tuple[str, int], policy: BackendTls | None) -> None:
        """None forgets what the client's call before may have asked for there."""
        if policy is not None:
            self._policies.setdefault(client, {})[destination] = policy
        elif (known := self._policies.get(client)) is not None:
            known.pop(destination, None)

    def start(self, tls_start: tls.TlsData) -> None:
        server = tls_start.conn
        if not isinstance(server, Server) or server.address is None:
            return
        policy = self._policies.get(tls_start.context.client.id, {}).get((server.address[0], server.address[1]))
        if policy is not None:
            use(tls_start, policy)

    def forget(self, client: object) -> None:
        self._policies.pop(getattr(client, "id", ""), None)


def use(tls_start: tls.TlsData, policy: BackendTls) -> None:
    """Replaces the connection's TLS. Chain and name are verified unless the policy says otherwise."""
    server = tls_start.conn
    if not isinstance(server, Server) or server.address is None:
        return
    name = policy.hostname or server.sni or server.address[0]
    connection = SSL.Connection(_context(policy))
    server.sni = name
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        address = None
        # RFC 6066: a server name is a host name, never an address.
        connection.set_tlsext_host_name(name.encode("idna"))
    if not (policy.insecure or policy.insecure_host):
        # pyOpenSSL has no public call for this; mitmproxy's own TLS add-on does the same.
        lib, param = SSL._lib, SSL._lib.SSL_get0_param(connection._ssl)  # type: ignore[attr-defined]
        if address is None:
            host = name.encode("idna")
            ok = lib.X509_VERIFY_PARAM_set1_host(param, host, len(host))
        else:
            ok = lib.X509_VERIFY_PARAM_set1_ip(param, address.packed, len(address.packed))
        if ok != 1:
            raise ValueError("the upstream's name cannot be verified")
    connection.set_connect_state()
    tls_start.ssl_conn = connection


@lru_cache(64)
def _context(policy: BackendTls) -> SSL.Context:
    # Loading the roots costs some 10 ms: once for each policy, not for each connection.
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.set_verify(SSL.VERIFY_NONE if policy.insecure else SSL.VERIFY_PEER)
    # OpenSSL's own variable: where a company's proxy or a test has roots of its own.
    context.load_verify_locations(policy.root_file or os.environ.get("SSL_CERT_FILE") or certifi.where())
    if policy.cert_file is not None:
        context.use_certificate_chain_file(policy.cert_file)
        context.use_privatekey_file(policy.key_file or policy.cert_file)
    return context
