"""A layer goes on at once after a hook that has ended, and waits for all others as ever."""

from __future__ import annotations

from collections.abc import Awaitable, Iterator
from typing import Any

import pytest
from mitmproxy import connection, options
from mitmproxy.proxy import commands, context, events, layer
from mitmproxy.proxy.layers.http import HttpRequestHook, HttpResponseHook
from mitmproxy.test import tflow

from agw.fastpath.at_once import AtOnce

FLOW = tflow.tflow()


class Asking(layer.Layer):
    """Asks ``hook`` for each piece of data, and sends the piece when it has an answer."""

    def __init__(self, outer: context.Context, hook: type[commands.StartHook]) -> None:
        super().__init__(outer)
        self.hook = hook

    def _handle_event(self, event: events.Event) -> Any:
        if isinstance(event, events.DataReceived):
            yield self.hook(FLOW)  # type: ignore[call-arg]
            yield commands.SendData(event.connection, event.data)


class Way:
    """A layer, and the hooks that it has asked. ``waits`` makes the next ones take their time."""

    def __init__(self, hook: type[commands.StartHook]) -> None:
        client = connection.Client(peername=("127.0.0.1", 1), sockname=("127.0.0.1", 2))
        self.client = client
        self.asked: list[str] = []
        self.waits = False
        self.at_once = AtOnce(self._ask)
        self.layer = Asking(context.Context(client, options.Options()), hook)
        self._handle = self.at_once.handle_event(layer.Layer.handle_event)

    def _ask(self, hook: commands.StartHook) -> Awaitable[None] | None:
        self.asked.append(hook.name)

        async def rest() -> None:
            pass

        return rest() if self.waits else None

    def handle(self, event: events.Event, *, running: bool = True) -> list[commands.Command]:
        self.at_once.running = running
        try:
            return list(self._handle(self.layer, event))
        finally:
            self.at_once.running = False

    def data(self, data: bytes, **how: bool) -> list[commands.Command]:
        return self.handle(events.DataReceived(self.client, data), **how)


@pytest.fixture
def asking() -> Iterator[Way]:
    yield Way(HttpRequestHook)


def sent(found: list[commands.Command]) -> list[bytes]:
    return [one.data for one in found if isinstance(one, commands.SendData)]


def test_a_hook_that_has_ended_is_not_heard_of_outside(asking: Way) -> None:
    found = asking.data(b"one")
    assert asking.asked == ["request"]
    assert sent(found) == [b"one"]
    assert len(found) == 1


def test_a_hook_that_must_be_waited_for_pauses_its_layer_and_is_begun_once(asking: Way) -> None:
    asking.waits = True
    (hook,) = asking.data(b"one")
    assert isinstance(hook, HttpRequestHook)
    assert hook.blocking is asking.layer
    rest = asking.at_once.rest_of(hook)
    assert rest is not None
    rest.close()  # type: ignore[attr-defined]
    assert asking.at_once.rest_of(hook) is None
    assert asking.data(b"two") == [], "it waits for its turn"
    asking.waits = False
    assert sent(asking.handle(events.HookCompleted(hook, None))) == [b"one", b"two"]
    assert asking.asked == ["request", "request"]


def test_what_waits_behind_a_pause_may_pause_again(asking: Way) -> None:
    asking.waits = True
    (first,) = asking.data(b"one")
    asking.data(b"two")
    *before, second = asking.handle(events.HookCompleted(first, None))
    assert sent(before) == [b"one"]
    assert isinstance(second, HttpRequestHook)
    assert sent(asking.handle(events.HookCompleted(second, None))) == [b"two"]
    for hook in (first, second):
        rest = asking.at_once.rest_of(hook)
        assert rest is not None
        rest.close()  # type: ignore[attr-defined]


def test_outside_of_our_own_step_everything_is_mitmproxys(asking: Way) -> None:
    (hook,) = asking.data(b"one", running=False)
    assert asking.asked == []
    assert hook.blocking is asking.layer


def test_the_end_of_an_answer_is_told_only_when_its_connection_has_heard_of_it() -> None:
    way = Way(HttpResponseHook)
    (hook,) = way.data(b"one")
    assert way.asked == []
    assert isinstance(hook, HttpResponseHook)
