"""Credentials that clients bring: found where the config looks for them, taken out before anything goes upstream."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from urllib.parse import unquote

from agw.config.auths import Location, LocationKind
from agw.policies.facts import RequestView
from agw.policies.headers import HeaderMap


class CookieHeaders(HeaderMap, Protocol):
    def get_all(self, name: str) -> list[str]: ...


def presented(view: RequestView, place: Location) -> str | None:
    """The credential at a place; None where there is none, or none of this scheme."""
    if place.kind is LocationKind.HEADER:
        for value in view.headers.get(place.name, ()):
            if value[: len(place.prefix)].lower() == place.prefix.lower() and (
                text := value[len(place.prefix) :].strip()
            ):
                return text
        return None
    if place.kind is LocationKind.QUERY:
        pairs = view.target.partition("?")[2].split("&")
        return _value(place.name, [(unquote(n), unquote(v)) for n, _, v in (one.partition("=") for one in pairs)])
    cookies = [one.strip().partition("=") for line in view.headers.get("cookie", ()) for one in line.split(";")]
    return _value(place.name, [(name, value.strip('"')) for name, _, value in cookies])


def _value(name: str, pairs: list[tuple[str, str]]) -> str | None:
    return next((value for key, value in pairs if key == name and value), None)


def strip(headers: CookieHeaders, target: str, places: Sequence[Location]) -> str:
    """Takes the credentials out of ``headers``; gives the request's target without them."""
    for place in places:
        if place.kind is LocationKind.HEADER:
            if place.name in headers:
                del headers[place.name]
        elif place.kind is LocationKind.COOKIE:
            _strip_cookie(headers, place.name)
        else:
            path, mark, query = target.partition("?")
            kept = [one for one in query.split("&") if unquote(one.partition("=")[0]) != place.name]
            target = f"{path}?{'&'.join(kept)}" if mark and kept else path
    return target


def _strip_cookie(headers: CookieHeaders, name: str) -> None:
    lines = headers.get_all("cookie")
    kept = [one.strip() for line in lines for one in line.split(";") if one.strip().partition("=")[0] != name]
    if lines:
        del headers["cookie"]
    if kept:
        headers["cookie"] = "; ".join(kept)
