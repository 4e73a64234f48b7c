"""Hooks on connections are asked at once, in order, and awaited where they must be, with the watchdog off meanwhile."""

from __future__ import annotations

import asyncio
from typing import Any

from mitmproxy.proxy import server_hooks
from mitmproxy.proxy.layers.http import HttpRequestHook
from mitmproxy.test import taddons, tflow

from agw.fastpath.dispatch import Dispatch
from agw.fastpath.lifecycle import asked_at_once


class Watchdog:
    def __init__(self) -> None:
        self.said: list[str] = []

    def register_activity(self) -> None:
        self.said.append("active")

    def disarm(self) -> Watchdog:
        return self

    def __enter__(self) -> None:
        self.said.append("off")

    def __exit__(self, *_: object) -> None:
        self.said.append("on")


class Handler:
    def __init__(self, master: Any) -> None:
        self.master = master
        self.timeout_watchdog = Watchdog()


class Hears:
    def __init__(self, said: list[str], name: str) -> None:
        self.said = said
        self.name = name

    def client_connected(self, client: object) -> None:
        self.said.append("plain")


class Waits(Hears):
    async def client_connected(self, client: object) -> None:
        self.said.append("begins")
        await asyncio.sleep(0)
        self.said.append("ends")


def heard(*addons: type[Hears], own: bool = True, hook: Any = None) -> tuple[list[str], list[str]]:
    async def inside() -> tuple[list[str], list[str]]:
        said: list[str] = []

        async def original(handler: Any, hook: Any) -> None:
            said.append("original")

        with taddons.context(*(addon(said, f"addon {number}") for number, addon in enumerate(addons))) as context:
            handler = Handler(context.master if own else object())
            handle_hook = asked_at_once(original, context.master, Dispatch(context.master.addons))
            await handle_hook(handler, hook or server_hooks.ClientConnectedHook(tflow.tclient_conn()))
            return said, handler.timeout_watchdog.said

    return asyncio.run(inside())


def test_plain_hooks_are_asked_without_a_pause() -> None:
    assert heard(Hears, Hears) == (["plain", "plain"], ["active"])


def test_what_must_be_awaited_is_awaited_before_the_next_is_asked() -> None:
    assert heard(Hears, Waits, Hears) == (["plain", "begins", "ends", "plain"], ["off", "on"])


def test_other_masters_and_hooks_on_flows_keep_mitmproxys_way() -> None:
    assert heard(Hears, own=False) == (["original"], [])
    assert heard(Hears, hook=HttpRequestHook(tflow.tflow())) == (["original"], [])
