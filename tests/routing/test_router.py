"""Which route takes a request (agentgateway.md §1.5)."""

from __future__ import annotations

import re
from itertools import permutations

import pytest

from agw.config.snapshot import (
    Backend,
    Listener,
    Match,
    PathKind,
    PathMatch,
    Port,
    Route,
    Snapshot,
    ValueMatch,
)
from agw.errors import RouteNotFound
from agw.routing import RequestHead, Router
from agw.routing.router import draw_backend


def head(method="POST", target="/v1/chat/completions", host="localhost:3000", headers=None):
    pairs = {name.lower(): [value] for name, value in (headers or {}).items()}
    return RequestHead.of(method, target, host, lambda name: pairs.get(name, []))


def path(kind: PathKind, value: str) -> PathMatch:
    return PathMatch(kind, value, re.compile(value) if kind is PathKind.REGEX else None)


def route(name: str, *matches: Match, hostnames=()) -> Route:
    return Route(name=f"default/{name}", matches=matches or (Match(),), hostnames=hostnames)


def router(*routes: Route, hostname=None) -> Router:
    return Router(Snapshot("f", "", ports=(Port(3000, "bind/3000", (Listener("l", hostname, routes),)),)))


def chosen(made: Router, request: RequestHead) -> str:
    return made.route(3000, request).route.name.removeprefix("default/")


@pytest.mark.parametrize(
    ("prefix", "target", "fits"),
    [
        ("/a", "/a", True),
        ("/a", "/a/b", True),
        ("/a", "/ab", False),
        ("/a/", "/a", True),
        ("/", "/anything", True),
        ("/a", "/a?x=1", True),
    ],
)
def test_a_prefix_takes_whole_segments(prefix, target, fits):
    made = router(route("r", Match(path(PathKind.PREFIX, prefix))))
    if fits:
        assert chosen(made, head(target=target)) == "r"
    else:
        with pytest.raises(RouteNotFound):
            made.route(3000, head(target=target))


def test_a_regex_must_fit_the_whole_path():
    made = router(route("r", Match(path(PathKind.REGEX, "/v[0-9]+/chat"))))
    assert chosen(made, head(target="/v12/chat")) == "r"
    with pytest.raises(RouteNotFound):
        made.route(3000, head(target="/v1/chat/more"))


def test_exact_beats_prefix_beats_regex_whatever_the_order_in_the_file():
    routes = [
        route("regex", Match(path(PathKind.REGEX, "/v1/.*"))),
        route("prefix", Match(path(PathKind.PREFIX, "/v1"))),
        route("exact", Match(path(PathKind.EXACT, "/v1/chat/completions"))),
    ]
    for order in permutations(routes):
        assert chosen(router(*order), head()) == "exact"
        assert chosen(router(*order), head(target="/v1/other")) == "prefix"


def test_a_longer_prefix_then_a_method_then_more_headers_win():
    long = route("long", Match(path(PathKind.PREFIX, "/v1/chat")))
    method = route("method", Match(path(PathKind.PREFIX, "/v1"), method="POST"))
    header = route("header", Match(path(PathKind.PREFIX, "/v1"), headers=(ValueMatch("x-team", "a"),)))
    plain = route("plain", Match(path(PathKind.PREFIX, "/v1")))
    made = router(plain, header, method, long)
    assert chosen(made, head()) == "long"
    assert chosen(made, head(target="/v1/x", headers={"X-Team": "a"})) == "method"
    assert chosen(made, head("GET", "/v1/x", headers={"X-Team": "a"})) == "header"
    assert chosen(made, head("GET", "/v1/x")) == "plain"


def test_equal_routes_are_taken_by_name_as_text():
    assert chosen(router(route("route2"), route("route10")), head()) == "route10"


def test_an_exact_hostname_beats_the_longest_wildcard_beats_none():
    made = router(
        route("any"),
        route("short", hostnames=("*.com",)),
        route("long", hostnames=("*.example.com",)),
        route("exact", hostnames=("api.example.com",)),
    )
    assert chosen(made, head(host="api.example.com:3000")) == "exact"
    assert chosen(made, head(host="API.Example.com")) == "exact"
    assert chosen(made, head(host="b.example.com")) == "long"
    assert chosen(made, head(host="other.com")) == "short"
    assert chosen(made, head(host="example.org")) == "any"


def test_all_headers_and_parameters_must_fit():
    match = Match(
        headers=(ValueMatch("x-a", "1"), ValueMatch("x-b", regex=re.compile("[0-9]+"))), query=(ValueMatch("q", "z"),)
    )
    made = router(route("r", match))
    assert chosen(made, head(target="/p?q=z", headers={"x-a": "1", "x-b": "42"})) == "r"
    for target, headers in [
        ("/p", {"x-a": "1", "x-b": "42"}),
        ("/p?q=z", {"x-a": "1"}),
        ("/p?q=z", {"x-a": "1", "x-b": "4a"}),
    ]:
        with pytest.raises(RouteNotFound):
            made.route(3000, head(target=target, headers=headers))


def test_an_unknown_port_and_an_unknown_host_are_route_not_found():
    made = router(route("r"), hostname="only.example.com")
    with pytest.raises(RouteNotFound):
        made.route(3001, head())
    with pytest.raises(RouteNotFound):
        made.route(3000, head(host="other"))


@pytest.mark.parametrize(("point", "name"), [(0.0, "a"), (0.24, "a"), (0.25, "c"), (0.99, "c")])
def test_backends_are_drawn_by_weight_and_weight_0_never(point, name):
    one = Route("r", backends=(Backend("a", 1), Backend("b", 0), Backend("c", 3)))
    drawn = draw_backend(one, lambda: point)
    assert drawn is not None
    assert drawn.name == name


def test_no_backend_is_drawn_where_every_weight_is_0():
    assert draw_backend(Route("r", backends=(Backend("a", 0), Backend("b", 0))), lambda: 0.5) is None
    assert draw_backend(Route("r", backends=(Backend("a", 0),)), lambda: 0.5) is None
