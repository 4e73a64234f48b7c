"""Contexts, layers and servers are made without what nobody will use.

Reason: ``Context.fork`` makes a new context, which makes a ``Server`` with two dozen checked fields and a random id,
and puts the old one in its place in the next line; each field of a ``Server`` is set by way of a check that finds
nothing in one that is new; each layer asks whether it is to be debugged, and gets a deep copy of the answer. Worth: 2 %
of a call, 10 % of one on a new client connection. Leans on: the fields that contexts, layers and servers begin with.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import MISSING, fields
from typing import Any

from mitmproxy.connection import Connection, Server
from mitmproxy.options import Options
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layer import Layer

LEANS_ON = (Context, Layer, Server, Connection)

_CHOSEN = frozenset(("address", "transport_protocol"))


def fork(self: Context) -> Context:
    """Takes the place of ``Context.fork``."""
    made = Context.__new__(Context)
    made.client = self.client
    made.options = self.options
    made.server = self.server
    made.layers = self.layers.copy()
    return made


def server_init(original: Callable[..., None]) -> Callable[..., None]:
    """What takes the place of ``original``, ``Server.__init__``, for one of which no more than its address is known."""
    new_id = next(field.default_factory for field in fields(Server) if field.name == "id")
    # In their order, in which a server is shown.
    begin = {field.name: None if field.default is MISSING else field.default for field in fields(Server)}

    def __init__(server: Any, **given: Any) -> None:  # noqa: N807
        if "address" not in given or not given.keys() <= _CHOSEN:
            original(server, **given)
            return
        server.__dict__.update(begin, id=new_id(), **given)  # type: ignore[operator]

    return __init__


class Layers:
    """Knows whether the layers of one master are to be debugged."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._look()
        options.changed.connect(self._look)

    def _look(self, *_: object, **__: object) -> None:
        self._debugged = bool(getattr(self._options, "proxy_debug", False))

    def close(self) -> None:
        self._options.changed.disconnect(self._look)

    def init(self, original: Callable[[Any, Context], None]) -> Callable[[Any, Context], None]:
        """What takes the place of ``original``, ``Layer.__init__``."""

        def __init__(layer: Any, context: Context) -> None:  # noqa: N807
            if self._debugged or context.options is not self._options:
                original(layer, context)
                return
            layer.context = context
            context.layers.append(layer)
            layer._paused = None
            layer._paused_event_queue = deque()

        return __init__
