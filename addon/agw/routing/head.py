"""What routing may look at: the head of a request, never its body."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from urllib.parse import parse_qsl

from agw.values import value


@value
class RequestHead:
    """``path`` is without query; ``host`` is lower case without port; ``headers`` gives all values of one name."""

    method: str
    path: str
    query: str
    host: str
    headers: Callable[[str], Sequence[str]]

    @classmethod
    def of(cls, method: str, target: str, authority: str, headers: Callable[[str], Sequence[str]]) -> RequestHead:
        """``target`` is the request line's path with query; ``authority`` the Host header or ``:authority``."""
        path, _, query = target.partition("?")
        return cls(method, path, query, host_of(authority), headers)

    def query_values(self, name: str) -> list[str]:
        return [value for key, value in parse_qsl(self.query, keep_blank_values=True) if key == name]


def host_of(authority: str) -> str:
    """The host of ``host:port``, ``[v6]:port`` or ``host``, in lower case."""
    if authority.startswith("["):
        return authority.partition("]")[0].lstrip("[").lower()
    return authority.rpartition(":")[0].lower() if ":" in authority else authority.lower()
