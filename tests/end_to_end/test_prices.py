"""What a call cost, in a running gateway."""

from __future__ import annotations

import json

import openai

from conftest import CONFIG

HI = [{"role": "user", "content": "Hi"}]
PRICED = CONFIG.replace("config:\n", "config:\n  modelCatalog:\n  - file: prices.json\n")


def ask(running, **more):
    client = openai.OpenAI(base_url=running.base_url, api_key="any", max_retries=0, timeout=20)
    return client.chat.completions.create(model="asked", messages=HI, **more)


def catalog(dollars: str) -> str:
    rates = {"input": dollars, "output": "0"}
    return json.dumps({"providers": {"openai": {"models": {"gpt-4o-mini": {"rates": rates}}}}})


def test_a_call_is_priced_by_the_built_in_list(gateway):
    running = gateway()
    ask(running)
    assert running.process.wait_for_line(r"^\S*\s*.*200  chat  .*  \$0\.0000\d+  ")


def test_a_catalog_file_is_taken_and_taken_again_when_it_changes(gateway, tmp_path):
    (tmp_path / "prices.json").write_text(catalog("1000000"))
    running = gateway(PRICED)
    tokens = ask(running).usage.prompt_tokens
    running.process.wait_for_line(rf"200  chat  .*  \${tokens}  ")
    (tmp_path / "prices.json").write_text(catalog("2000000"))
    running.process.wait_for_line("config reloaded")
    before = len(running.process.output)
    for _ in ask(running, stream=True):
        pass
    running.process.wait_for_line(rf"200  chat  .*  \${2 * tokens}  ")
    (tmp_path / "prices.json").write_text("{[")
    running.process.wait_for_line("config not taken")
    ask(running)
    assert running.process.output.count(f"${2 * tokens}  ") >= 1
    assert len(running.process.output) > before
