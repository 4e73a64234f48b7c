"""Layers begin as mitmproxy's own do, and are debugged where that is asked for."""

from __future__ import annotations

import asyncio

import pytest
from mitmproxy import connection, options
from mitmproxy.proxy import layer
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layers.http import HttpRequestHook
from mitmproxy.test import taddons, tflow

from agw.fastpath import install
from agw.fastpath.contexts import server_init
from agw.fastpath.unchecked import checked_once


class Plain(layer.Layer):
    def _handle_event(self, event: object) -> layer.CommandGenerator[None]:
        yield from ()


def made(opts: options.Options) -> tuple[dict[str, object], list[str]]:
    client = connection.Client(peername=("127.0.0.1", 1), sockname=("127.0.0.1", 2))
    context = Context(client, opts)
    one = Plain(context)
    assert one.context is context
    fields = {name: value for name, value in vars(one).items() if name != "context"}
    return fields, [type(every).__name__ for every in context.layers]


def test_a_layer_begins_as_ever_and_hears_of_debugging() -> None:
    async def inside() -> None:
        with taddons.context() as context:
            opts, others = context.options, options.Options()
            if "proxy_debug" not in opts:
                opts.add_option("proxy_debug", bool, False, "")
            others.add_option("proxy_debug", bool, True, "")
            plain = made(opts)
            fast = install(context.master)
            try:
                assert made(opts) == plain
                assert made(others)[0]["debug"] == "  "
                opts.update(proxy_debug=True)
                assert made(opts)[0]["debug"] == "  "
                opts.update(proxy_debug=False)
                assert made(opts) == plain
            finally:
                fast.remove()

    asyncio.run(inside())


@pytest.mark.parametrize(
    "given",
    [
        {"address": None},
        {"address": ("a", 1)},
        {"address": ("a", 1), "transport_protocol": "udp"},
        {"address": ("a", 1), "sni": "b", "tls": True},
        {"address": ("a", 1), "id": "7"},
    ],
)
def test_a_server_begins_as_ever(monkeypatch: pytest.MonkeyPatch, given: dict[str, object]) -> None:
    def fields() -> list[tuple[str, object]]:
        server = connection.Server(**given)  # type: ignore[arg-type]
        assert len(server.id) == (36 if "id" not in given else 1)
        return [(name, value) for name, value in vars(server).items() if name != "id"]

    plain = fields()
    monkeypatch.setattr(connection.Server, "__init__", server_init(connection.Server.__init__))
    assert fields() == plain
    assert connection.Server(address=None).id != connection.Server(address=None).id
    with pytest.raises(TypeError):
        connection.Server()  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        connection.Server(address=None, wrong=1)  # type: ignore[call-arg]


def test_hooks_are_checked_the_first_time() -> None:
    new = checked_once(layer.commands.StartHook.__new__)
    flow = tflow.tflow()
    for _ in range(2):
        assert type(new(HttpRequestHook, flow)) is HttpRequestHook
        with pytest.raises(TypeError):
            new(layer.commands.StartHook)
        with pytest.raises(TypeError):
            new(type("NoDataclass", (layer.commands.StartHook,), {"name": ""}))
