"""Who asked: read from the client's headers, kept from the provider, told on the answer."""

from __future__ import annotations

import openai

HI = [{"role": "user", "content": "Hi"}]


def test_headers_for_the_gateway_do_not_reach_the_provider_and_the_answer_tells_its_ids(gateway, standin, collector):
    client = openai.OpenAI(base_url=gateway().base_url, api_key="k", max_retries=0)
    headers = {"x-agw-user": "alice", "Helicone-Property-Team": "blue", "langfuse_session_id": "s1", "x-own": "stays"}
    answer = client.chat.completions.with_raw_response.create(model="m", messages=HI, extra_headers=headers)
    seen = standin.last()["headers"]
    assert not {name.lower().replace("_", "-") for name in headers if name != "x-own"} & set(seen)
    assert seen["x-own"] == "stays"
    span, _ = collector.one()
    assert answer.headers["x-agw-trace-id"] == span.trace_id.hex()
    assert answer.headers["x-agw-span-id"] == span.span_id.hex()
