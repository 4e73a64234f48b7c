"""A layer goes on at once after a hook that ran to its end where it was asked for.

Reason: a hook pauses its layer, all that comes meanwhile is queued, and an event that the hook has ended goes down
through all layers again; three times for each call. Worth: 15 % of a call's time. Leans on: what ``Layer.handle_event``
does with a command that blocks, and on a hook being allowed to take no time at all.

Only for the hooks of HTTP that are asked with nothing of their own message left to be done by the connections:
``response`` is not one of them, since the connection to the provider counts as busy until its layer has heard the
message's end. Who knows that it has says so on the hook (``at_once``). A hook that must be awaited, and a flow that is
intercepted, pause the layer as ever.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from mitmproxy.proxy import commands, events, layer
from mitmproxy.proxy.layers.http import HttpRequestHeadersHook, HttpRequestHook, HttpResponseHeadersHook

LEANS_ON = (layer.Layer,)
HOOKS = (HttpRequestHeadersHook, HttpRequestHook, HttpResponseHeadersHook)

HandleEvent = Callable[[Any, events.Event], Any]


class AtOnce:
    """``ask`` runs a hook and gives what must be awaited before it has ended, else None.

    It is in force while ``running`` says so: in the one step in which the events of our own connections are handled.
    """

    def __init__(self, ask: Callable[[commands.StartHook], Awaitable[None] | None]) -> None:
        self._ask = ask
        self._begun: dict[commands.StartHook, Awaitable[None]] = {}
        self.running = False

    def rest_of(self, hook: commands.StartHook) -> Awaitable[None] | None:
        """What is left of a hook that was begun here and could not end; None for all others."""
        return self._begun.pop(hook, None) if self._begun else None

    def _ends(self, command: commands.Command) -> bool:
        """Runs what may be run at once; whether it has come to its end."""
        if type(command) not in HOOKS and not getattr(command, "at_once", False):
            return False
        rest = self._ask(command)  # type: ignore[arg-type]
        if rest is None:
            return True
        self._begun[command] = rest  # type: ignore[index]
        return False

    def handle_event(self, original: HandleEvent) -> HandleEvent:
        """What takes the place of ``original``, ``Layer.handle_event``."""

        def handle_event(self_: Any, event: events.Event) -> Any:
            if not self.running or self_.debug is not None:
                yield from original(self_, event)
                return
            paused, reply = self_._paused, None
            if paused is None:
                generator = self_._handle_event(event)
            elif isinstance(event, events.CommandCompleted) and event.command is paused.command:
                self_._paused = None
                generator, reply = paused.generator, event.reply
            else:
                self_._paused_event_queue.append(event)
                return
            while True:
                try:
                    while True:
                        command = generator.send(reply)
                        reply = None
                        if command.blocking is True:
                            if self._ends(command):
                                continue
                            # To the layers outside, a command that names its layer is one that they need not wait for.
                            command.blocking = self_
                            self_._paused = layer.Paused(command, generator)
                            yield command
                            return
                        yield command
                except StopIteration:
                    pass
                # A reply was all that the others have waited for.
                if paused is None or not self_._paused_event_queue:
                    return
                generator = self_._handle_event(self_._paused_event_queue.popleft())

        return handle_event
