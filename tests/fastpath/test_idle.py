"""A built-in add-on whose guard says no would have done nothing, and its guard says yes wherever it does something."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from mitmproxy import http
from mitmproxy.addons.block import Block
from mitmproxy.addons.disable_h2c import DisableH2C
from mitmproxy.addons.tlsconfig import TlsConfig
from mitmproxy.addons.update_alt_svc import UpdateAltSvc
from mitmproxy.proxy import mode_specs
from mitmproxy.test import taddons, tflow

from agw.fastpath import idle


def plain(_: http.HTTPFlow) -> None:
    pass


def upgrades(flow: http.HTTPFlow) -> None:
    flow.request.headers["Upgrade"] = "h2c"


def preface(flow: http.HTTPFlow) -> None:
    flow.request.method, flow.request.path, flow.request.http_version = "PRI", "*", "HTTP/2.0"


def asks_for_revocations(flow: http.HTTPFlow) -> None:
    flow.request.path = f"/mitmproxy-{SERIAL}.crl"


def of_another_service(flow: http.HTTPFlow) -> None:
    assert flow.response is not None
    flow.response.headers["Alt-Svc"] = 'h3=":443"'
    flow.client_conn.proxy_mode = mode_specs.ProxyMode.parse("reverse:http://example")


def of_another_service_in_passing(flow: http.HTTPFlow) -> None:
    of_another_service(flow)
    flow.client_conn.proxy_mode = mode_specs.ProxyMode.parse("regular")


SERIAL = 7


class Store:
    """All that the page of revocations asks of the store of certificates."""

    class default_ca:  # noqa: N801
        serial = SERIAL

    default_crl = b"crl"


def tls_config() -> TlsConfig:
    addon = TlsConfig()
    addon.certstore = Store()  # type: ignore[assignment]
    return addon


def state(flow: http.HTTPFlow) -> dict[str, Any]:
    found: dict[str, Any] = flow.get_state()
    return found


@pytest.mark.parametrize(
    "make, hook, prepare, does",
    [
        (DisableH2C, "request", plain, False),
        (DisableH2C, "request", upgrades, True),
        (DisableH2C, "request", preface, True),
        (tls_config, "request", plain, False),
        (tls_config, "request", asks_for_revocations, True),
        (UpdateAltSvc, "responseheaders", plain, False),
        (UpdateAltSvc, "responseheaders", of_another_service, True),
        (UpdateAltSvc, "responseheaders", of_another_service_in_passing, False),
    ],
)
def test_a_guard_knows_when_its_add_on_does_something(
    make: Callable[[], Any], hook: str, prepare: Callable[[http.HTTPFlow], None], does: bool
) -> None:
    addon = make()
    with taddons.context(TlsConfig(), UpdateAltSvc()) as context:
        flow = tflow.tflow(resp=hook == "responseheaders")
        flow.live = True
        prepare(flow)
        guard = idle.guard(addon, hook, context.options)
        assert guard is not None
        before, said = state(flow), guard(flow)
        getattr(addon, hook)(flow)
        assert (state(flow) != before) == does
        assert said or not does


@pytest.mark.parametrize(
    "host, is_blocked",
    [
        *(
            ("127.0.0.1", False),
            ("::1", False),
            ("10.0.0.1", False),
            ("fe80::1%eth0", False),
            ("::ffff:10.0.0.1", False),
        ),
        *(("8.8.8.8", True), ("2606:4700::1111", True), ("::ffff:8.8.8.8", True)),
    ],
)
def test_clients_that_are_blocked_are_looked_at(host: str, is_blocked: bool) -> None:
    addon = Block()
    with taddons.context(addon) as context:
        guard: Any = idle.guard(addon, "client_connected", context.options)
        client = tflow.tclient_conn()
        client.peername = (host, 1)
        said = guard(client)
        addon.client_connected(client)  # type: ignore[no-untyped-call]
        assert bool(client.error) == is_blocked == said
        context.options.update(block_private=True)
        assert idle.guard(addon, "client_connected", context.options) is None


def test_a_client_without_a_usual_address_is_looked_at() -> None:
    addon = Block()
    with taddons.context(addon) as context:
        guard: Any = idle.guard(addon, "client_connected", context.options)
        client = tflow.tclient_conn()
        for client.peername in (None, ("no address", 1)):
            assert guard(client)


def test_who_is_to_block_more_is_always_asked() -> None:
    with taddons.context(TlsConfig()) as context:
        context.options.update(emudhra=True)
        assert idle.guard(tls_config(), "request", context.options) is None


def test_the_gateways_own_script_is_no_strangers() -> None:
    def module(file: str | None) -> ModuleType:
        made = ModuleType("__mitmproxy_script__.agentgateway")
        made.__file__ = file
        return made

    root = Path(__file__).parents[2]
    assert idle.is_builtin(module(str(root / "addon" / "agentgateway.py")))
    assert idle.is_builtin(module(str(root / "tests" / ".." / "addon" / "agentgateway.py")))
    assert not idle.is_builtin(module(str(root / "addon" / "other.py")))
    assert not idle.is_builtin(module(None))
    assert not idle.is_builtin(object())
