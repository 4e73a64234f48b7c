"""Calls that are held in a real mitmweb until somebody has read, edited, resumed or killed them through its own API."""

from __future__ import annotations

import gzip
import hashlib
import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing

import pytest
import requests

from agw.journal.opening import NAME
from bench_suite.ports import free_port
from support.gateway import Gateway

TOKEN = "a-token-for-the-test"
STOPS = 'llm.prompt.exists(m, m.content.contains("stop"))'
CONFIG = """llm:
  port: {port}
  policies:
    apiKey: {mode: optional, keys: [{key: gw-ada-canary, metadata: {user: ada}}]}
  models:
  - name: "*"
    provider: openAI
    params: {apiKey: sk-canary, model: gpt-4o-mini, baseUrl: "http://127.0.0.1:{standin}/v1"}
"""


class Web:
    """mitmweb as a browser sees it."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}"
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.get(f"{self._url}/", params={"token": TOKEN}).raise_for_status()
        # The cookie against forged requests comes with the stream of updates, which a browser asks for next.
        self._session.get(f"{self._url}/updates")

    def flows(self) -> list[dict]:
        return self._session.get(f"{self._url}/flows").json()

    def held(self) -> dict:
        return wait_for(lambda: next((one for one in self.flows() if one["intercepted"]), None))

    def body(self, flow: dict) -> bytes:
        return self._session.get(f"{self._url}/flows/{flow['id']}/request/content.data").content

    def edit(self, flow: dict, body: str) -> None:
        self._send("PUT", f"flows/{flow['id']}", {"request": {"content": body}})

    def resume(self, flow: dict) -> None:
        self._send("POST", f"flows/{flow['id']}/resume")

    def kill(self, flow: dict) -> None:
        self._send("POST", f"flows/{flow['id']}/kill")

    def set_option(self, name: str, value: str) -> requests.Response:
        return self._send("PUT", "options", {name: value}, may_fail=True)

    def _send(self, method: str, path: str, said: dict | None = None, *, may_fail: bool = False) -> requests.Response:
        headers = {"X-XSRFToken": self._session.cookies["_mitmproxy_xsrf"]}
        answer = self._session.request(method, f"{self._url}/{path}", json=said, headers=headers)
        if not may_fail:
            answer.raise_for_status()
        return answer


class Running:
    def __init__(self, process: Gateway, port: int, web: Web, journal) -> None:
        self.process, self.port, self.web, self._journal = process, port, web, journal

    def ask(self, text: str, **headers: str) -> requests.Response:
        with requests.Session() as session:
            session.trust_env = False
            headers = {"content-type": "application/json", "authorization": "Bearer gw-ada-canary", **headers}
            return session.post(self.url, data=body_of(text), headers=headers)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1/chat/completions"

    def records(self, count: int) -> list[dict]:
        def read() -> list[dict] | None:
            with closing(sqlite3.connect(self._journal)) as base:
                found = [json.loads(one) for (one,) in base.execute("SELECT body FROM record ORDER BY seq")]
            return found if len(found) >= count else None

        return wait_for(read)


def body_of(text: str) -> bytes:
    return json.dumps({"model": "any", "messages": [{"role": "user", "content": text}]}).encode()


def wait_for(found, timeout_s: float = 20.0):
    deadline = time.monotonic() + timeout_s
    while not (value := found()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return value


class Asking:
    """A call that is made beside the test."""

    def __init__(self, ask, *given, **named) -> None:
        self.answer: requests.Response | None = None
        self.error: Exception | None = None
        self._thread = threading.Thread(target=self._run, args=(ask, given, named), daemon=True)
        self._thread.start()

    def _run(self, ask, given, named) -> None:
        try:
            self.answer = ask(*given, **named)
        except requests.RequestException as error:
            self.error = error

    def ended(self) -> Asking:
        self._thread.join(20)
        assert not self._thread.is_alive()
        return self


@pytest.fixture(params=[True, False], ids=["fast path", "mitmproxy's own way"])
def running(request, tmp_path, standin) -> Iterator[Running]:
    port, web = free_port(), free_port()
    config = tmp_path / "cfg.yaml"
    config.write_text(CONFIG.replace("{port}", str(port)).replace("{standin}", str(standin.port)))
    arguments = ("--no-web-open-browser", "--web-port", str(web), "--set", f"web_password={TOKEN}")
    fast = ("--set", f"agwfastpath={str(request.param).lower()}")
    with Gateway(
        config, *arguments, *fast, "--set", f"agwbreak={STOPS}", "--set", "agwdrain=1", tool="mitmweb"
    ) as process:
        yield Running(process, port, Web(web), tmp_path / "state" / NAME)
    assert "canary" not in process.output
    assert "Traceback" not in process.output


def test_a_call_is_held_edited_and_resumed(running, standin):
    before = len(standin.seen())
    asking = Asking(running.ask, "please stop here")
    held = running.web.held()
    assert running.web.body(held) == body_of("please stop here")
    assert len(standin.seen()) == before
    # Another one passes at once.
    assert running.ask("go on").status_code == 200
    running.web.edit(held, body_of("please carry on").decode())
    running.web.resume(held)
    answer = asking.ended().answer
    assert answer is not None
    assert answer.status_code == 200
    sent = standin.last()["body"]
    assert "please carry on" in sent
    assert "gpt-4o-mini" in sent
    passed, edited = running.records(2)
    assert edited["evidence"]["request_sha256"] == hashlib.sha256(body_of("please stop here")).hexdigest()
    assert edited["evidence"]["sent_sha256"] == hashlib.sha256(sent.encode()).hexdigest()
    assert edited["notes"] == ["edited at a breakpoint"]
    assert "notes" not in passed
    assert len(edited["attempts"]) == 1


def test_what_is_resumed_unchanged_is_sent_as_it_came(running, standin):
    asking = Asking(running.ask, "stop", **{"x-api-key": "sk-app-canary"})
    held = running.web.held()
    # The app's own key is not to be seen while somebody looks.
    assert "canary" not in json.dumps(held)
    running.web.resume(held)
    assert asking.ended().answer.status_code == 200
    assert "stop" in standin.last()["body"]
    (record,) = running.records(1)
    assert record["notes"] == ["held at a breakpoint"]


def test_a_compressed_body_is_edited_as_text_and_leaves_plain(running, standin):
    packed = gzip.compress(body_of("stop"))
    headers = {"content-type": "application/json", "content-encoding": "gzip", "authorization": "Bearer gw-ada-canary"}
    asking = Asking(requests.post, running.url, data=packed, headers=headers)
    held = running.web.held()
    running.web.edit(held, body_of("go").decode())
    running.web.resume(held)
    assert asking.ended().answer.status_code == 200
    sent = standin.last()
    assert json.loads(sent["body"])["messages"][0]["content"] == "go"
    assert "content-encoding" not in {name.lower() for name in dict(sent["headers"])}
    (record,) = running.records(1)
    assert record["evidence"]["request_sha256"] == hashlib.sha256(packed).hexdigest()
    assert record["notes"] == ["edited at a breakpoint"]


def test_what_is_no_request_any_more_after_editing_is_refused_to_the_client(running, standin):
    before = len(standin.seen())
    asking = Asking(running.ask, "stop")
    held = running.web.held()
    running.web.edit(held, "{")
    running.web.resume(held)
    assert asking.ended().answer.status_code == 400
    (record,) = running.records(1)
    assert record["notes"] == ["edited at a breakpoint"]
    assert len(standin.seen()) == before


def test_a_client_that_may_not_come_in_is_refused_and_holds_nobody_up(running):
    assert running.ask("stop", authorization="Bearer wrong").status_code == 401
    assert not any(one["intercepted"] for one in running.web.flows())


def test_a_call_that_is_killed_is_recorded_as_killed(running, standin):
    before = len(standin.seen())
    asking = Asking(running.ask, "stop")
    running.web.kill(running.web.held())
    assert asking.ended().error is not None
    (record,) = running.records(1)
    assert record["error"]["type"] == "killed"
    assert record["evidence"]["request_sha256"] == hashlib.sha256(body_of("stop")).hexdigest()
    assert record["request"]["model"] == "any"
    assert "attempts" not in record
    assert len(standin.seen()) == before


def test_a_client_that_leaves_ends_its_wait(running, standin):
    before = len(standin.seen())
    with pytest.raises(requests.ReadTimeout):
        requests.post(running.url, data=body_of("stop"), headers={"content-type": "application/json"}, timeout=1.5)
    (record,) = running.records(1)
    assert record["error"]["type"] == "client_disconnected"
    assert not any(one["intercepted"] for one in running.web.flows())
    assert len(standin.seen()) == before


def test_a_call_that_is_held_when_the_gateway_stops_has_its_record(running):
    asking = Asking(running.ask, "stop")
    running.web.held()
    running.process.stop()
    assert asking.ended().error is not None
    (record,) = running.records(1)
    assert record["error"]["type"] == "gateway_stopped"


def test_the_expression_can_be_changed_while_the_gateway_runs(running):
    assert "there is no 'llm.nonsense'" in running.web.set_option("agwbreak", "llm.nonsense == 1").text
    assert running.web.set_option("agwbreak", "llm.estimatedInputTokens > 100").status_code == 200
    assert running.ask("stop").status_code == 200
    asking = Asking(running.ask, "a long story " * 100)
    running.web.resume(running.web.held())
    assert asking.ended().answer.status_code == 200
    assert running.web.set_option("agwbreak", "").status_code == 200
    assert running.ask("a long story " * 100).status_code == 200


def test_in_mitmdump_it_is_of_no_use_and_that_is_said_once(tmp_path, standin):
    port = free_port()
    config = tmp_path / "cfg.yaml"
    config.write_text(CONFIG.replace("{port}", str(port)).replace("{standin}", str(standin.port)))
    with Gateway(config, "--set", f"agwbreak={STOPS}") as process:
        answer = requests.post(f"http://127.0.0.1:{port}/v1/chat/completions", json=json.loads(body_of("stop")))
        assert answer.status_code == 200
    assert process.output.count("agwbreak is of no use in mitmdump") == 1


def test_an_expression_that_cannot_be_used_stops_the_start(tmp_path, standin):
    config = tmp_path / "cfg.yaml"
    config.write_text(CONFIG.replace("{port}", str(free_port())).replace("{standin}", str(standin.port)))
    with Gateway(config, "--set", "agwbreak=llm.prompt.exists(", ready=False) as process:
        assert process.wait() != 0
    assert "agwbreak: not an expression" in process.output
