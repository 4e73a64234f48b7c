"""A connection without a task: its transport tells what comes to who handles it at once.

Reason: a connection's task waits for bytes that are handled where they come (``reads.py``), and is left with the
connection's end. Leans on: what a connection's task is asked for (``ConnectionIO.handler``): to be cancelled, and to be
waited for once it has been cancelled; and on tasks starting eagerly (``tasks_are_eager``), as mitmproxy has them, since
one that is cancelled before it starts never runs.

Becomes a task, and all is as ever, when anything but bytes comes, when bytes come in the middle of another event, or
when somebody downstream does not keep up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from mitmproxy.connection import Connection
from mitmproxy.proxy import events
from mitmproxy.utils import asyncio_utils

from agw.fastpath.inline import Inline
from agw.fastpath.reads import handled, is_behind


class Straight(asyncio.Future[None], asyncio.Protocol):
    """Stands where the task would (``ConnectionIO.handler``), and where the protocol of the reader does."""

    def __init__(self, inline: Inline, handler: Any, connection: Connection, io: Any) -> None:
        super().__init__()
        self._inline = inline
        self._handler = handler
        self._connection = connection
        self._reader: Any = io.reader
        self._transport = io.writer.transport
        self._ending = False
        self._inner: Any = self._transport.get_protocol()
        self._transport.set_protocol(self)

    # --- for those who have a life of their own

    def _stay(self) -> Coroutine[Any, Any, None]:
        """All that is left to do, with the connection read from its reader."""
        raise NotImplementedError

    def _end_at_once(self, message: Any) -> bool:
        """Ends without a task, if it can: then all that ``_stay`` would do after a cancellation is done."""
        return False

    # --- what the transport says

    def data_received(self, data: bytes) -> None:
        if not handled(self._inline.handle, self._handler, events.DataReceived(self._connection, data)):
            self._become_task()
            self._inner.data_received(data)
        elif not self._ending and is_behind(self._handler):
            # The task hears of nothing, and waits until all have taken what was sent to them.
            self._become_task()
            self._reader._wakeup_waiter()

    def eof_received(self) -> bool | None:
        self._become_task()
        answer: bool | None = self._inner.eof_received()
        return answer

    def connection_lost(self, error: Exception | None) -> None:
        self._become_task()
        self._inner.connection_lost(error)

    def pause_writing(self) -> None:
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._inner.resume_writing()

    # --- what a task is asked for

    def cancel(self, msg: Any = None) -> bool:
        """What ``Task.cancel`` brings about."""
        if self._ending:
            return False
        if not self._end_at_once(msg):
            self._become_task()
            self._handler.transports[self._connection].handler.cancel(msg)
        return True

    # --- inside

    def _step_aside(self) -> None:
        self._ending = True
        self._transport.set_protocol(self._inner)

    def _become_task(self) -> None:
        self._step_aside()
        io = self._handler.transports[self._connection]
        task = self._go_on(self._stay())
        # The client's has one of its own that reads.
        if io.handler is self:
            io.handler = task

    def _go_on(self, rest: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio_utils.create_task(
            rest,
            name=f"connection handler {self._connection.peername}",
            keep_ref=True,
            client=self._handler.client.peername,
        )
        task.add_done_callback(lambda _: self._is_over())
        return task

    def _is_over(self) -> None:
        super().cancel()


def tasks_are_eager() -> bool:
    return asyncio.get_running_loop().get_task_factory() is asyncio.eager_task_factory
