"""IP addresses and networks, in the names of Kubernetes' CEL libraries. Both are texts in their normal form."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address, ip_network
from typing import Any


def _is_ip(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _contains_ip(network: str, address: str) -> bool:
    return ip_address(address) in ip_network(network, strict=False)


def _contains_cidr(network: str, other: str) -> bool:
    outer, inner = ip_network(network, strict=False), ip_network(other, strict=False)
    if outer.version != inner.version:
        return False
    return outer.prefixlen <= inner.prefixlen and inner.network_address in outer


def _cidr(text: str) -> str:
    ip_network(text, strict=False)
    return text


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "isIP": _is_ip,
    "ip": lambda text: str(ip_address(text.partition("/")[0])),
    "family": lambda text: ip_address(text).version,
    "isUnspecified": lambda text: ip_address(text).is_unspecified,
    "isLoopback": lambda text: ip_address(text).is_loopback,
    "isLinkLocalMulticast": lambda text: (
        ip_address(text) in ip_network("224.0.0.0/24" if ":" not in text else "ff02::/16")
    ),
    "isLinkLocalUnicast": lambda text: ip_address(text).is_link_local,
    "isGlobalUnicast": lambda text: (
        not (
            ip_address(text).is_unspecified
            or ip_address(text).is_loopback
            or ip_address(text).is_link_local
            or ip_address(text).is_multicast
        )
    ),
    "cidr": _cidr,
    "containsIP": _contains_ip,
    "containsCIDR": _contains_cidr,
    "masked": lambda text: str(ip_network(text, strict=False)),
    "prefixLength": lambda text: ip_network(text, strict=False).prefixlen,
}
