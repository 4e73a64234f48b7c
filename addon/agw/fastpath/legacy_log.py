"""No ``add_log`` events where nobody listens to them.

Reason: for add-ons from before mitmproxy 9, each log record is formatted a second time, handed to the event loop and
taken round all add-ons. Worth: that, for each line that is logged, so for each call that is printed. Leans on:
``LegacyLogEvents.emit`` doing nothing but that. A script that defines ``add_log`` gets its events as ever.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from mitmproxy import log

from agw.fastpath.dispatch import Dispatch

LEANS_ON = (log.LegacyLogEvents.emit,)


def heard_only(emit: Callable[[logging.LogRecord], None], dispatch: Dispatch) -> Callable[[logging.LogRecord], None]:
    """``emit`` behind the question whether an add-on has the hook."""

    def emit_if_heard(record: logging.LogRecord) -> None:
        if dispatch.is_heard("add_log"):
            emit(record)

    return emit_if_heard
