"""The admin page in a real browser: every page, live calls, search, themes, widths, and what must not get through."""

from __future__ import annotations

import http.client
import json
import time

import openai
import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select, WebDriverWait

from bench_suite.ports import free_port
from conftest import CONFIG
from support.browser import NEEDS_CHROMIUM, SHOTS, browser  # noqa: F401

pytestmark = NEEDS_CHROMIUM
XSS = "<img src=x onerror=\"document.title='pwned'\">"
HI = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": f"the weather? {XSS}"}]
TOOL = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}}  # fmt: skip


class Page:
    """A gateway with an admin page, a browser on it, and the calls that it has seen."""

    def __init__(self, running, port, driver):
        self.running, self.port, self.driver = running, port, driver
        self.wait = WebDriverWait(driver, 20)

    def open(self, page=""):
        self.driver.get(f"http://127.0.0.1:{self.port}/ui{page}")
        self.wait.until(lambda driver: driver.find_element(By.ID, "main").get_attribute("aria-busy") == "false")

    def wait_for(self, text):
        self.wait.until(lambda driver: text in driver.find_element(By.ID, "main").text)

    @property
    def text(self):
        return self.driver.find_element(By.ID, "main").text

    def shot(self, name):
        self.driver.save_screenshot(str(SHOTS / f"admin-{name}.png"))

    def ask(self, path, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer, answer.read().decode()


@pytest.fixture
def page(gateway, browser):  # noqa: F811
    port = free_port()
    text = CONFIG.replace("config:\n", f"config:\n  adminAddr: 127.0.0.1:{port}\n", 1)
    running = gateway(text, env={"OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "SPAN_ONLY"})
    running.process.wait_for_line("admin page at")
    return Page(running, port, browser)


def call(page, **more):
    client = openai.OpenAI(base_url=page.running.base_url, api_key="sk-app-canary", max_retries=0)
    headers = {"x-agw-user": f"alice {XSS}", "x-agw-session": "s1", **more.pop("headers", {})}
    return client.chat.completions.create(model="m", messages=HI, tools=[TOOL], extra_headers=headers, **more)


def test_an_empty_journal_says_what_to_do(page):
    page.open()
    assert "No calls in this period" in page.text
    page.open("#/errors")
    page.wait_for("No call failed")


def test_every_page_shows_the_calls_that_were_made(page):
    call(page)
    list(call(page, stream=True))
    with pytest.raises(openai.RateLimitError):
        call(page, headers={"x-standin-status": "429"})
    page.open()
    page.wait_for("gpt-4o-mini-2024-07-18")
    page.wait.until(lambda driver: driver.find_elements(By.CSS_SELECTOR, ".uplot canvas"))
    assert "$" in page.text
    page.shot("spend")
    Select(page.driver.find_elements(By.TAG_NAME, "select")[1]).select_by_value("user")
    page.wait_for("alice <img")
    page.open("#/latency")
    page.wait_for("first token p50")
    page.shot("latency")
    page.open("#/errors")
    page.wait_for("rate_limit_exceeded")
    page.shot("errors")
    page.open("#/calls")
    page.wait.until(lambda driver: len(driver.find_elements(By.CSS_SELECTOR, "tbody tr")) == 3)
    page.shot("calls")
    search = page.driver.find_element(By.CSS_SELECTOR, "input[type=search]")
    search.send_keys("status:error\n")
    page.wait.until(lambda driver: len(driver.find_elements(By.CSS_SELECTOR, "tbody tr")) == 1)
    page.open("#/calls?search=status:ok")
    page.driver.find_element(By.CSS_SELECTOR, "tbody a").click()
    page.wait_for("Conversation")
    for said in ("Be brief.", "→ weather", '"city": "Oslo"', "Its session", "alice <img"):
        assert said in page.text
    page.shot("call")
    for name in ("destinations", "config", "prices"):
        page.open(f"#/{name}")
        page.wait_for({"destinations": "Where calls are sent", "config": "openAI", "prices": "gpt-4o-mini"}[name])
        page.shot(name)
        assert "canary" not in page.driver.page_source
    assert page.driver.title != "pwned"
    assert not page.driver.find_elements(By.CSS_SELECTOR, "main img")


def test_calls_come_in_by_themselves(page):
    call(page)
    page.open("#/calls")
    page.wait.until(lambda driver: len(driver.find_elements(By.CSS_SELECTOR, "tbody tr")) == 1)
    call(page)
    page.wait.until(lambda driver: len(driver.find_elements(By.CSS_SELECTOR, "tbody tr")) == 2)


def test_it_is_dark_where_the_system_is_and_fits_a_phone(page):
    call(page)
    dark = {"features": [{"name": "prefers-color-scheme", "value": "dark"}]}
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", dark)
    phone = {"width": 390, "height": 800, "deviceScaleFactor": 2, "mobile": True}
    page.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    page.open()
    page.wait_for("gpt-4o-mini-2024-07-18")
    back = page.driver.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert back == "rgb(13, 17, 23)"
    assert page.driver.execute_script("return document.documentElement.scrollWidth") <= 390
    page.shot("phone-dark")


def test_other_sites_and_names_are_kept_out(page):
    answer, body = page.ask("/api/overview", Host=f"rebound.example:{page.port}")
    assert (answer.status, "address" in body) == (403, True)
    answer, _ = page.ask("/api/overview", Host=f"127.0.0.1:{page.port}", Origin="http://evil.example")
    assert answer.status == 200
    assert "access-control-allow-origin" not in {name.lower() for name, _ in answer.getheaders()}
    assert "frame-ancestors 'none'" in (answer.getheader("Content-Security-Policy") or "")
    assert page.ask("/api/call/zz")[0].status == 400
    assert page.ask("/ui/static/..%2fserver.py")[0].status == 404


def test_a_table_is_a_csv_file_that_no_spreadsheet_runs(page):
    call(page, headers={"x-agw-user": "=cmd()"})
    for _ in range(100):
        answer, body = page.ask("/api/groups?by=user&format=csv")
        if "cmd" in body:
            break
        time.sleep(0.1)
    assert answer.getheader("Content-Type").startswith("text/csv")
    assert "'=cmd()" in body


def test_a_score_is_taken_from_programs_and_from_no_other_site(page):
    made = call(page)
    del made
    client = openai.OpenAI(base_url=page.running.base_url, api_key="k", max_retries=0)
    raw = client.chat.completions.with_raw_response.create(model="m", messages=HI)
    score = {"name": "helpful", "value": 0.9, "trace_id": raw.headers["x-agw-trace-id"], "span_id": raw.headers["x-agw-span-id"]}  # fmt: skip
    connection = http.client.HTTPConnection("127.0.0.1", page.port, timeout=20)
    kind = {"Content-Type": "application/json"}
    for body, headers, status in (
        (score, kind, 200),
        ({**score, "value": "high"}, kind, 400),
        (score, {**kind, "Sec-Fetch-Site": "cross-site"}, 403),
        (score, {"Content-Type": "text/plain"}, 415),
    ):
        connection.request("POST", "/api/scores", json.dumps(body), headers)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == status


def test_the_page_cannot_be_reached_through_the_proxy(gateway, tmp_path):
    import httpx2 as httpx

    port, proxy = free_port(), free_port()
    text = CONFIG.replace("config:\n", f"config:\n  adminAddr: 127.0.0.1:{port}\n", 1)
    gateway(text, "--mode", f"regular@127.0.0.1:{proxy}").process.wait_for_line("admin page at")
    with httpx.Client(proxy=f"http://127.0.0.1:{proxy}") as client:
        for host in ("127.0.0.1", "localhost"):
            assert client.get(f"http://{host}:{port}/api/overview").status_code == 403


def test_on_an_address_that_others_reach_it_asks_for_the_token(gateway):
    port = free_port()
    text = CONFIG.replace("config:\n", f"config:\n  adminAddr: 0.0.0.0:{port}\n", 1)
    running = gateway(text)
    token = running.process.wait_for_line(r"admin page at \S+\?token=(\S+)")[1]
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    for path, status in (
        ("/api/overview", 401),
        ("/api/overview?token=wrong", 401),
        (f"/api/overview?token={token}", 200),
    ):
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == status
    assert "HttpOnly" in (answer.getheader("Set-Cookie") or "")
