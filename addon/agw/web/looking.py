"""What people see of calls in mitmweb and the console: the list's comments, marks, and how much of a day is kept.

A record is finished in the recorder's thread (its price, say), so it comes back here a moment after its flow has ended.
"""

from __future__ import annotations

import asyncio
import weakref
from dataclasses import replace

from mitmproxy import contentviews, ctx, flow, http
from mitmproxy.addons.view import View
from mitmproxy.hooks import UpdateHook

from agw.hooks.plan import plan_of
from agw.record import CallRecord
from agw.web.content_view import LlmCall
from agw.web.footer import comment

ERROR_MARK = ":red_circle:"
_SLACK = 64
"""Flows beyond the limit that are removed together."""


class Looking:
    """Idle in mitmdump, which shows and keeps nothing."""

    def __init__(self) -> None:
        self._view: View | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._flows: weakref.WeakValueDictionary[str, http.HTTPFlow] = weakref.WeakValueDictionary()

    def start(self) -> None:
        """On the loop, once mitmproxy runs."""
        contentviews.add(LlmCall())
        view = ctx.master.addons.get("view")
        if not isinstance(view, View):
            return
        self._view = view
        self._loop = asyncio.get_running_loop()
        if not ctx.options.has_changed("store_streamed_bodies"):
            # Without it a streamed answer could not be looked at.
            ctx.options.update(store_streamed_bodies=True)
        if "web_columns" in ctx.options and not ctx.options.has_changed("web_columns"):
            ctx.options.update(web_columns=[*ctx.options.web_columns, "comment"])

    def follow(self, flow: http.HTTPFlow, span_id: str) -> None:
        """A call has begun."""
        if self._view is not None:
            self._flows[span_id] = flow

    def told(self, record: CallRecord) -> None:
        """A record is finished. From the recorder's thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._show, record)

    def _show(self, record: CallRecord) -> None:
        found = self._flows.pop(record.ids.span_id, None)
        if found is None:
            return
        plan = plan_of(found)
        if plan is not None:
            plan.record = replace(record, content=None)
        found.comment = comment(record)
        if record.error is not None:
            found.marked = ERROR_MARK
        ctx.master.addons.trigger(UpdateHook([found]))
        self._forget_oldest()

    def _forget_oldest(self) -> None:
        """Keeps a day of traffic from eating the machine. What is under way or marked by a person stays."""
        view, most = self._view, ctx.options.agwkeep
        if view is None or most <= 0 or len(view._store) <= most + _SLACK:
            return
        removable: list[flow.Flow] = []
        excess = len(view._store) - most
        for one in view._store.values():
            if not one.live and not one.intercepted and one.marked in ("", ERROR_MARK):
                removable.append(one)
                if len(removable) == excess:
                    break
        view.remove(removable)
