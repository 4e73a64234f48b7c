"""Static header changes (``requestHeaderModifier``, ``responseHeaderModifier``)."""

from __future__ import annotations

from typing import Protocol


class HeaderChange(Protocol):
    """Static changes of the config, or those that expressions gave."""

    @property
    def add(self) -> tuple[tuple[str, str], ...]: ...
    @property
    def set(self) -> tuple[tuple[str, str], ...]: ...
    @property
    def remove(self) -> tuple[str, ...]: ...


class HeaderMap(Protocol):
    """What a change needs of a header map; mitmproxy's ``Headers`` fits."""

    def __contains__(self, name: object) -> bool: ...
    def __setitem__(self, name: str, value: str) -> None: ...
    def __delitem__(self, name: str) -> None: ...
    def add(self, name: str, value: str) -> None: ...


def modify(headers: HeaderMap, modifier: HeaderChange) -> None:
    """Removes, then sets, then adds; a name that is not there is no error."""
    for name in modifier.remove:
        if name in headers:
            del headers[name]
    for name, value in modifier.set:
        headers[name] = value
    for name, value in modifier.add:
        headers.add(name, value)
