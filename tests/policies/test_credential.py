"""Where the gateway's key goes."""

from __future__ import annotations

import pytest

from agw.config.secret import Secret
from agw.config.snapshot import BackendAuth, Location, LocationKind
from agw.policies.credential import masked, wire_credential
from agw.providers.spec import BEARER

KEY = "sk-canary-1234"


def placed(location=None):
    return wire_credential(BackendAuth(Secret(KEY), location), BEARER)


def test_without_a_place_it_is_the_providers_bearer_header():
    assert placed().header() == ("authorization", f"Bearer {KEY}")
    assert placed().on_target("/v1") == "/v1"


def test_a_named_header_takes_its_prefix():
    assert placed(Location(LocationKind.HEADER, "api-key", "")).header() == ("api-key", KEY)


@pytest.mark.parametrize(("target", "expected"), [("/p", f"/p?key={KEY}"), ("/p?a=1", f"/p?a=1&key={KEY}")])
def test_a_query_parameter_joins_the_query(target, expected):
    assert placed(Location(LocationKind.QUERY, "key")).on_target(target) == expected


def test_a_cookie_joins_the_others():
    assert placed(Location(LocationKind.COOKIE, "s")).header(["a=1"]) == ("cookie", f"a=1; s={KEY}")


def test_no_way_of_printing_it_shows_it():
    secret = Secret(KEY)
    assert KEY not in f"{secret} {secret!r} {placed()!r} {BackendAuth(secret)!r}"


@pytest.mark.parametrize(("value", "shown"), [(f"Bearer {KEY}", "Bearer ***"), (KEY, "***"), (f"{KEY} x", "***")])
def test_a_masked_header_keeps_only_its_scheme(value, shown):
    assert masked(value) == shown
