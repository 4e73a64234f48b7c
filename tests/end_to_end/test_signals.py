"""The metrics page and the access log of a real mitmdump."""

from __future__ import annotations

import json
import re
import time
import urllib.request

import openai

from bench_suite.ports import free_port
from conftest import CONFIG

HI = [{"role": "user", "content": "Hi"}]
OBSERVED = CONFIG.replace(
    "config:\n",
    """config:
  statsAddr: 127.0.0.1:{stats}
  metrics: {fields: {add: {team: 'request.headers["x-team"]'}}}
  logging:
    format: json
    filter: 'request.headers["x-quiet"] != "1" || response.code >= 400'
    fields:
      add: {team: 'request.headers["x-team"]', said: 'llm.completion[0].size() > 0', key: 'request.headers.authorization'}
      remove: [listener]
""",
)


def lines(running) -> list[dict]:
    return [json.loads(one) for one in running.process.lines if one.startswith("{")]


def wait_for(condition, timeout_s: float = 10.0) -> None:
    until = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_call_is_one_json_line_and_is_counted(gateway, collector):
    stats = free_port()
    running = gateway(OBSERVED.replace("{stats}", str(stats)), env={"STATS_ADDR": ""})
    headers = {"x-team": "red", "x-quiet": "0"}
    client = openai.OpenAI(base_url=running.base_url, api_key="sk-app-canary", max_retries=0, default_headers=headers)
    client.chat.completions.create(model="m", messages=HI)
    list(client.chat.completions.create(model="m", messages=HI, stream=True))
    client.chat.completions.create(model="m", messages=HI, extra_headers={"x-quiet": "1"})
    wait_for(lambda: len(lines(running)) == 2)
    for line in lines(running):
        assert (line["http.status"], line["gen_ai.usage.input_tokens"], line["team"], line["said"]) == (
            200,
            12,
            "red",
            "true",
        )
        assert re.fullmatch(r"\d+ms", line["duration"])
        assert "listener" not in line

    def page() -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{stats}/metrics") as answer:
            return answer.read().decode()

    wait_for(lambda: re.search(r'agentgateway_requests_total\{.*status="200".*team="red".*\} 3\.0', page()))
    text = page()
    assert re.search(r'gen_ai_client_token_usage_sum\{.*gen_ai_token_type="input".*\} 36\.0', text)
    assert re.search(r"gen_ai_server_time_to_first_token_count\{.*\} 1\.0", text)
    assert "agentgateway_calls_under_way 0.0" in text
    assert "agentgateway_loop_lag_seconds" in text
    assert re.search(r'agentgateway_destination_queued\{destination="[^"]+"\}', text)
    assert "canary" not in text
    with urllib.request.urlopen(f"http://127.0.0.1:{stats}/healthz/ready") as answer:
        assert answer.status == 200


def test_an_address_in_use_costs_no_call_and_is_told(gateway, collector):
    taken = gateway(CONFIG).port
    running = gateway(CONFIG, env={"STATS_ADDR": f"127.0.0.1:{taken}"})
    running.process.wait_for_line(f"no metrics page: 127.0.0.1:{taken} cannot be opened")
    client = openai.OpenAI(base_url=running.base_url, api_key="k", max_retries=0)
    assert client.chat.completions.create(model="m", messages=HI).choices


def test_the_text_line_is_asked_for_by_an_empty_block(gateway, collector):
    running = gateway(CONFIG.replace("config:\n", "config:\n  logging: {format: text}\n"))
    openai.OpenAI(base_url=running.base_url, api_key="k", max_retries=0).chat.completions.create(model="m", messages=HI)
    running.process.wait_for_line(
        r"Z info request gateway=\S+ listener=\S+ route=default/route0 endpoint=127.0.0.1:\d+"
    )
