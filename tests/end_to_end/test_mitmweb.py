"""mitmweb in a real browser: a call reads as a conversation, and no key is to be seen anywhere."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from conftest import CONFIG
from support.gateway import ROOT, Gateway, free_port

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(shutil.which("chromedriver") is None, reason="chromium and chromedriver are not installed"),
]
SHOTS = ROOT / "tests" / "screenshots"
TOKEN = "a-token-for-the-test"


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for flag in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--window-size=1400,1000",
        f"--user-data-dir={tmp_path / 'profile'}",
    ):
        options.add_argument(flag)
    service = webdriver.ChromeService(shutil.which("chromedriver"))
    driver = webdriver.Chrome(options=options, service=service)
    yield driver
    driver.quit()


def test_a_call_reads_as_a_conversation(tmp_path, standin, collector, browser):
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
