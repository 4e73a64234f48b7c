"""mitmweb in a real browser: a call reads as a conversation, and no key is to be seen anywhere."""

from __future__ import annotations

import time

import openai
import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from conftest import CONFIG
from support.browser import NEEDS_CHROMIUM, SHOTS, browser  # noqa: F401
from support.gateway import Gateway, free_port

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
