"""Addresses are written as mitmproxy writes them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mitmproxy.utils import human

from agw.fastpath.addresses import format_address

ours = format_address(human.format_address)
hosts = st.one_of(
    st.ip_addresses().map(str),
    st.sampled_from(("0.0.0.0", "::", "::ffff:127.0.0.1", "::1", "fe80::1%eth0", "localhost", "", "a:b", "127.1")),
    st.text(max_size=5),
)


@given(host=hosts, port=st.integers(0, 65535), rest=st.sampled_from(((), (0, 0))))
def test_hosts_and_ports_are_written_alike(host: str, port: int, rest: tuple[int, ...]) -> None:
    for _ in range(2):
        assert ours((host, port, *rest)) == human.format_address((host, port, *rest))


@pytest.mark.parametrize("address", [None, (b"\x7f\0\0\1", 1), (2130706433, 1), ("a", None), ("a", "b")])
def test_what_is_no_usual_address_is_written_alike(address: Any) -> None:
    assert ours(address) == human.format_address(address)
