"""Who may ask the admin page."""

from __future__ import annotations

import pytest

from agw.web.admin.guard import Guard, is_local, same_origin


@pytest.mark.parametrize("header", ["localhost:15000", "127.0.0.1:15000", "[::1]:15000", "localhost", "LOCALHOST:1"])
def test_this_machines_own_names_are_let_in(header):
    assert Guard("127.0.0.1", None).host_allowed(header)


@pytest.mark.parametrize(
    "header", ["evil.example:15000", "localhost.evil.example", "", "127.0.0.1.nip.io:15000", "10.0.0.1"]
)
def test_a_name_that_is_made_to_point_here_is_refused(header):
    assert not Guard("127.0.0.1", None).host_allowed(header)


def test_elsewhere_addresses_and_the_configs_own_name_are_let_in():
    guard = Guard("gw.example", "t")
    assert guard.host_allowed("gw.example:15000")
    assert guard.host_allowed("192.0.2.7:15000")
    assert not guard.host_allowed("other.example:15000")


def test_the_token_must_be_the_right_one():
    guard = Guard("0.0.0.0", "secret")
    assert guard.token_allowed("secret")
    assert not any(guard.token_allowed(one) for one in (None, "", "secre", "secretx"))
    assert Guard("127.0.0.1", None).token_allowed(None)


def test_only_the_page_itself_and_programs_may_post():
    assert same_origin({}, "localhost:15000")
    assert same_origin({"Origin": "http://localhost:15000", "Sec-Fetch-Site": "same-origin"}, "localhost:15000")
    assert not same_origin({"Origin": "http://evil.example"}, "localhost:15000")
    assert not same_origin({"Sec-Fetch-Site": "cross-site"}, "localhost:15000")
    assert not same_origin({"Origin": "null"}, "localhost:15000")


def test_loopback_is_local():
    assert is_local("localhost")
    assert is_local("::1")
    assert not is_local("0.0.0.0")
    assert not is_local("example.com")
