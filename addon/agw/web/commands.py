"""Commands for mitmweb's and the console's command line: ``agw.show``, ``agw.costs``, ``agw.replay``."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from mitmproxy import command, exceptions, flow, http

from agw.hooks.plan import Plan, plan_of
from agw.web.content_view import answer_text, prompt_text
from agw.web.footer import comment
from agw.web.side_by_side import side_by_side

if TYPE_CHECKING:
    import requests

logger = logging.getLogger("agw")

TIMEOUT_S = 300.0
_FOR_THE_WIRE = ("host", "content-length", "transfer-encoding", "content-encoding", "connection", "accept-encoding")


class Commands:
    """An add-on of its own beside the gateway; it reads what the gateway has tied to each flow."""

    name = "agentgateway-commands"

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    @command.command("agw.show")
    def show(self, flow: flow.Flow) -> str:
        """Show a call as a conversation, with its figures."""
        if not isinstance(flow, http.HTTPFlow):
            raise exceptions.CommandError("not an HTTP flow")
        asked = prompt_text(flow.request.get_content(strict=False) or b"", flow)
        answered = "" if flow.response is None else _answer_of(flow)
        if not asked and not answered:
            raise exceptions.CommandError("not a call to a model")
        return f"{asked}\n\n{answered}".strip()

    @command.command("agw.costs")
    def costs(self, flows: Sequence[flow.Flow]) -> str:
        """Sum up the calls among some flows by model: calls, tokens, cost."""
        sums: dict[str, list[Decimal]] = {}
        for one in flows:
            plan = plan_of(one) if isinstance(one, http.HTTPFlow) else None
            record = None if plan is None else plan.record
            if record is None:
                continue
            usage = record.answer.usage
            cells = sums.setdefault(record.answer.model or record.request.model or "?", [Decimal(0)] * 4)
            cells[0] += 1
            cells[1] += (usage.input_tokens or 0) if usage else 0
            cells[2] += (usage.output_tokens or 0) if usage else 0
            cells[3] += record.cost.total_usd if record.cost else 0
        if not sums:
            raise exceptions.CommandError("none of these flows is a finished call to a model")
        rows = sorted(sums.items(), key=lambda item: -item[1][3])
        width = max(len(name) for name in sums)
        return "\n".join(f"{name:<{width}}  {c[0]} calls  {c[1]} in  {c[2]} out  ${c[3]:f}" for name, c in rows)

    @command.command("agw.replay")
    def replay(self, flow: flow.Flow, model: str) -> None:
        """Send a call's prompt to another configured model, and show both answers side by side in the event log."""
        plan = plan_of(flow) if isinstance(flow, http.HTTPFlow) else None
        if plan is None or plan.client is None or plan.client.body is None or not isinstance(flow, http.HTTPFlow):
            raise exceptions.CommandError("only a call that came in on one of the config's ports can be replayed")
        task = asyncio.get_running_loop().create_task(self._replay(flow, plan, model), name="agw replay")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _replay(self, flow: http.HTTPFlow, plan: Plan, model: str) -> None:
        assert plan.client is not None
        assert plan.client.body is not None
        body = {**plan.client.body.values, "model": model, "stream": False}
        body.pop("stream_options", None)
        port = flow.client_conn.sockname[1]
        url = f"http://127.0.0.1:{port}{plan.client.path}" + (f"?{plan.client.query}" if plan.client.query else "")
        headers = {
            name: values[0]
            for name, values in plan.request_seen.items()
            if name not in _FOR_THE_WIRE and not name.startswith("proxy-")
        }
        import requests

        try:
            answer = await asyncio.to_thread(_post, url, json.dumps(body).encode(), headers)
        except requests.RequestException as error:
            logger.error(f"agw.replay: the gateway could not be asked ({type(error).__name__})")
            return
        again = http.Response.make(answer.status_code, answer.content, {"content-type": "application/json"})
        right = answer_text(answer.content, _like(flow, again), again) or f"status {answer.status_code}"
        left = _answer_of(flow) or "no answer"
        took = f"{model}, total {answer.elapsed.total_seconds():.2f} s to the answer's head"
        before = "before" if plan.record is None else comment(plan.record)
        logger.info("agw.replay\n" + side_by_side((before, left), (took, right)))


def _answer_of(flow: http.HTTPFlow) -> str:
    assert flow.response is not None
    return answer_text(flow.response.get_content(strict=False) or b"", flow, flow.response)


def _like(flow: http.HTTPFlow, response: http.Response) -> http.HTTPFlow:
    """The same call with another answer; the record of the first is not the second's."""
    other = http.HTTPFlow(flow.client_conn, flow.server_conn)
    other.request, other.response = flow.request.copy(), response
    plan = plan_of(flow)
    if plan is not None and plan.client is not None:
        other.request.path = plan.client.path
    return other


def _post(url: str, body: bytes, headers: dict[str, str]) -> requests.Response:
    import requests

    with requests.Session() as session:
        # Not through a proxy of the environment: this is the gateway itself.
        session.trust_env = False
        return session.post(url, data=body, headers=headers, timeout=TIMEOUT_S)
