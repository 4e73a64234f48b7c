"""mitmweb in a real browser: a call reads as a conversation, and no key is to be seen anywhere."""

from __future__ import annotations

import time

import openai
import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from bench_suite.ports import free_port
from conftest import CONFIG
from support.browser import NEEDS_CHROMIUM, SHOTS, browser  # noqa: F401
from support.gateway import Gateway

pytestmark = NEEDS_CHROMIUM
TOKEN = "a-token-for-the-test"


def test_a_call_reads_as_a_conversation(tmp_path, standin, collector, browser):  # noqa: F811
    port, web = free_port(), free_port()
    config = tmp_path / "cfg.yaml"
    config.write_text(
        CONFIG.replace("{port}", str(port))
        .replace("{collector}", collector.endpoint)
        .replace("{upstream}", f"127.0.0.1:{standin.port}")
    )
    arguments = ("--no-web-open-browser", "--web-port", str(web), "--set", f"web_password={TOKEN}")
    with Gateway(config, *arguments, tool="mitmweb") as process:
        client = openai.OpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key="sk-app-canary", max_retries=0)
        tool = {"type": "function", "function": {"name": "weather", "description": "Looks it up.",
                "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}}  # fmt: skip
        messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "the weather?"}]
        list(client.chat.completions.create(model="m", messages=messages, tools=[tool], stream=True))
        with pytest.raises(openai.RateLimitError):
            client.chat.completions.create(model="m", messages=messages, extra_headers={"x-standin-status": "429"})
        browser.get(f"http://127.0.0.1:{web}/?token={TOKEN}")
        wait = WebDriverWait(browser, 20)
        SHOTS.mkdir(exist_ok=True)
        wait.until(lambda page: "model:gpt-4o-mini" in page.page_source)
        wait.until(lambda page: "error:rate_limit_exceeded" in page.page_source)
        assert "in:12" in browser.page_source
        SHOTS.mkdir(exist_ok=True)
        browser.find_element(By.CSS_SELECTOR, ".flow-table tbody tr[class]").click()
        wait.until(lambda page: "Be brief." in page.page_source)
        assert "weather(city)" in browser.page_source
        browser.save_screenshot(str(SHOTS / "mitmweb-request.png"))
        browser.find_element(By.LINK_TEXT, "Response").click()
        wait.until(lambda page: "→ weather" in page.page_source)
        wait.until(lambda page: "first token" in page.page_source)
        browser.save_screenshot(str(SHOTS / "mitmweb-response.png"))
        assert "canary" not in browser.page_source
        time.sleep(0.1)
        assert "canary" not in process.output


RUN = """
const [name, given, done] = arguments;
const token = document.cookie.split("; ").map((one) => one.split("=")).find(([key]) => key.includes("xsrf"))?.[1];
fetch(`/commands/${name}`, {method: "POST", headers: {"X-XSRFToken": decodeURIComponent(token ?? ""), "Content-Type": "application/json"},
  body: JSON.stringify({arguments: given})}).then((answer) => answer.json()).then(done, (error) => done(String(error)));
"""


def test_commands_show_sum_up_and_replay(tmp_path, standin, collector, browser):  # noqa: F811
    port, web = free_port(), free_port()
    config = tmp_path / "cfg.yaml"
    config.write_text(
        f"""llm:
  port: {port}
  models:
  - {{name: "*", provider: openAI, params: {{apiKey: sk-canary, baseUrl: "http://127.0.0.1:{standin.port}/v1"}}}}
"""
    )
    arguments = ("--no-web-open-browser", "--web-port", str(web), "--set", f"web_password={TOKEN}")
    with Gateway(config, *arguments, tool="mitmweb") as process:
        client = openai.OpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key="k", max_retries=0)
        client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "Hi"}])
        browser.get(f"http://127.0.0.1:{web}/?token={TOKEN}")
        WebDriverWait(browser, 20).until(lambda page: "model:gpt-4o" in page.page_source)
        shown = browser.execute_async_script(RUN, "agw.show", ["@all"])["value"]
        assert "── user" in shown
        assert "tokens    12 in" in shown
        assert "1 calls  12 in  9 out  $" in browser.execute_async_script(RUN, "agw.costs", ["@all"])["value"]
        browser.execute_async_script(RUN, "agw.replay", ["@all", "gpt-4o-mini"])
        process.wait_for_line("model:gpt-4o.*gpt-4o-mini, total")
        assert standin.last()["body"].count("gpt-4o-mini") == 1
        assert "canary" not in process.output
