"""What the instance of a server is to the clients of a port: it makes their layers, and is told of each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from mitmproxy.proxy import layer, mode_specs

from agw.fastpath.clients import ServesAtOnce


class Port(ServesAtOnce):
    """``served`` counts the clients that needed no task. ``came`` hears of each of their handlers, ``left`` of its end;
    ``otherwise`` serves all other clients."""

    mode = mode_specs.ProxyMode.parse("regular")

    def __init__(
        self,
        make_layer: Callable[[Any], layer.Layer],
        came: Callable[[Any], object],
        left: Callable[[Any], object],
        otherwise: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Any],
    ) -> None:
        self._came, self._left = came, left
        self.make_top_layer = make_layer
        self.handle_stream = otherwise
        self.manager = self
        self.served = 0

    @contextmanager
    def register_connection(self, _: str, handler: Any) -> Iterator[None]:
        self.served += 1
        self._came(handler)
        yield
        self._left(handler)
