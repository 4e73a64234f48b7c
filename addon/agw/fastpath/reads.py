"""What a socket has brought is handled where it arrives, and wakes no task.

Reason: asyncio's stream reader keeps the bytes, wakes the connection's task by way of the event loop's queue, and that
goes through four coroutines to hand them on: a turn of the loop and some twenty calls for each piece. Worth: 8 % of a
call's time, and a turn of the loop less for each piece of a stream. Leans on: ``asyncio.StreamReader`` giving what it
has when it is woken, ``ConnectionHandler.handle_connection`` and ``drain_writers``.

Only while the connection's task waits for bytes and nothing else of the client is being handled. Where somebody
downstream is slower, the task is woken to wait for him, and what comes meanwhile goes to the reader's buffer, which
holds the peer back when it is full. The end of a connection, its errors and its cancellation are the task's, as ever.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from mitmproxy.connection import Connection, ConnectionState
from mitmproxy.proxy import events
from mitmproxy.proxy.mode_servers import ProxyConnectionHandler
from mitmproxy.proxy.server import ConnectionHandler

LEANS_ON = (ConnectionHandler.server_event, ConnectionHandler.handle_connection, ConnectionHandler.drain_writers)

Handle = Callable[[Any, events.Event], None]
HandleConnection = Callable[[Any, Connection], Awaitable[None]]

_PIECE_BYTES = 65535


class Reads:
    """``handle`` handles an event in one step; without it the task is woken for everything."""

    def __init__(self, master: Any, handle: Handle | None = None) -> None:
        self._master = master
        self._handle = handle

    def _go_straight(self, handler: Any, connection: Connection, reader: asyncio.StreamReader) -> list[Any]:
        """From now on what comes is handled where it comes, if it may be. Gives those who have been told so."""
        handle, keep = self._handle, reader.feed_data
        if handle is None or type(handler) is not ProxyConnectionHandler or handler.master is not self._master:
            return []

        def feed_data(data: bytes) -> None:
            waiter = reader._waiter  # type: ignore[attr-defined]
            event = events.DataReceived(connection, data)
            if waiter is None or waiter.done() or not data or not handled(handle, handler, event):
                keep(data)
            elif is_behind(handler):
                reader._wakeup_waiter()  # type: ignore[attr-defined]

        reader.feed_data = feed_data  # type: ignore[method-assign, assignment]
        writer: Any = handler.transports[connection].writer
        # None where the connection has been lost already.
        protocol: Any = writer.transport.get_protocol()
        if type(protocol) is not asyncio.StreamReaderProtocol:
            return [reader]
        # All that its own does is to hand them to the reader.
        protocol.data_received = feed_data  # type: ignore[method-assign]
        return [reader, protocol]

    async def until_end(
        self,
        handler: Any,
        connection: Connection,
        reader: asyncio.StreamReader,
        left: Callable[[asyncio.CancelledError], None] = lambda error: None,
    ) -> asyncio.CancelledError | None:
        """The first half of ``ConnectionHandler.handle_connection``: all that comes until the end, or until the task is
        cancelled, which it gives. ``left`` hears of a cancellation between two pieces."""
        told = self._go_straight(handler, connection, reader)
        try:
            while True:
                try:
                    data = await reader.read(_PIECE_BYTES)
                except OSError:
                    return None
                except asyncio.CancelledError as error:
                    left(error)
                    return error
                if data:
                    await handler.server_event(events.DataReceived(connection, data))
                elif reader.at_eof():
                    return None
                try:
                    await handler.drain_writers()
                except asyncio.CancelledError as error:
                    return error
        finally:
            # What they have of their own would hold them in a circle.
            for one in told:
                one.__dict__.pop("feed_data", None)
                one.__dict__.pop("data_received", None)

    def handle_connection(self, original: HandleConnection) -> HandleConnection:
        """What takes the place of ``original``, ``ConnectionHandler.handle_connection``."""

        async def handle_connection(handler: Any, connection: Connection) -> None:
            io = handler.transports[connection]
            if type(io.reader) is not asyncio.StreamReader or type(io.writer) is not asyncio.StreamWriter:
                await original(handler, connection)
                return
            cancelled = await self.until_end(handler, connection, io.reader)
            cancelled = await end_reading(handler, connection, cancelled)
            io.writer.close()
            handler.transports.pop(connection, None)
            raise_again(cancelled)

        return handle_connection


async def end_reading(
    handler: Any, connection: Connection, cancelled: asyncio.CancelledError | None
) -> asyncio.CancelledError | None:
    """Tells the layers of a connection's end, and waits where only the other side has ended."""
    if cancelled is None:
        connection.state &= ~ConnectionState.CAN_READ
    else:
        connection.state = ConnectionState.CLOSED
    await handler.server_event(events.ConnectionClosed(connection))
    if connection.state is ConnectionState.CAN_WRITE:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError as error:
            return error
    return cancelled


def raise_again(cancelled: asyncio.CancelledError | None) -> None:
    if cancelled is not None:
        # Its traceback would hold the frames that hold it.
        raise cancelled.with_traceback(None) from None


def handled(handle: Handle, handler: Any, event: events.Event) -> bool:
    """Handles the event now, unless another is being handled or comes first."""
    if not _begin(handler):
        return False
    try:
        handle(handler, event)
    finally:
        handler._server_event_lock.release()
    return True


def is_free(handler: Any) -> bool:
    """Whether nobody has the handler's lock, nor has been woken to take it, who comes first."""
    lock = handler._server_event_lock
    return not lock.locked() and not getattr(lock, "_waiters", None)


def _begin(handler: Any) -> bool:
    """Takes the handler's lock if it is free; nothing waits here."""
    if not is_free(handler):
        return False
    lock = handler._server_event_lock
    if type(lock) is asyncio.Lock:
        # All that ``acquire`` does then.
        lock._locked = True  # type: ignore[attr-defined]
        return True
    try:
        lock.acquire().send(None)
    except StopIteration:
        return True
    raise RuntimeError("a lock that is free was waited for")


def is_behind(handler: Any) -> bool:
    """Whether somebody has not taken yet what was sent to him, or is gone."""
    for io in handler.transports.values():
        writer = io.writer
        if writer is None:
            continue
        transport = writer.transport
        try:
            # What the methods of asyncio's own say, without their calls.
            behind = transport._closing or transport._buffer
        except AttributeError:
            behind = transport.is_closing() or transport.get_write_buffer_size()
        if behind:
            return True
    return False
