"""Providers that are reached through an HTTP proxy."""

from __future__ import annotations

import openai
import pytest

from bench_suite.ports import free_port
from standin_provider.certificate import make_certificate
from support.connect_proxy import ConnectProxy
from support.relay import Relay

HI = [{"role": "user", "content": "Hi"}]
CONFIG = """\
config:
  tracing: {otlpEndpoint: "{collector}", randomSampling: true}
binds:
- port: {port}
  listeners:
  - routes:
    - backends:
      - ai:
          name: both
          groups:
          - providers:
            - name: first
              hostOverride: FIRST
              provider: {openAI: {model: MODEL}}
              policies: {backendTunnel: {proxy: {host: "127.0.0.1:PROXY"}}, MORE}
          - providers:
            - {name: second, hostOverride: "{upstream}", provider: {openAI: {model: gpt-second}}}
"""


def config(proxy, first="localhost:{standin}", model="gpt-first", more=""):
    return CONFIG.replace("FIRST", first).replace("PROXY", str(proxy)).replace("MODEL", model).replace("MORE", more)


def ask(running, **more):
    client = openai.OpenAI(base_url=running.base_url, api_key="app-canary", max_retries=0, timeout=20)
    return client.chat.completions.create(model="m", messages=HI, **more)


def test_calls_go_through_the_tunnel_that_the_config_names(gateway, standin, collector):
    with ConnectProxy() as proxy:
        running = gateway(config(proxy.port, f"localhost:{standin.port}"))
        assert ask(running).model == "gpt-first-2024-07-18"
        assert {chunk.model for chunk in ask(running, stream=True)} == {"gpt-first-2024-07-18"}
    assert set(proxy.asked) == {f"CONNECT localhost:{standin.port}"}
    assert b"POST /v1/chat/completions HTTP/1.1\r\n" in proxy.passed
    assert len(collector.wait_for(2)) == 2


def test_tls_goes_through_the_tunnel_unopened(gateway, standin, collector, tmp_path):
    certificate, key = make_certificate(tmp_path)
    with ConnectProxy() as proxy, Relay(standin.port, tls=(certificate, key)) as relay:
        more = f"backendTLS: {{root: {certificate}}}"
        assert ask(gateway(config(proxy.port, f"localhost:{relay.port}", more=more))).model == "gpt-first-2024-07-18"
    assert proxy.asked == [f"CONNECT localhost:{relay.port}"]
    assert b"chat/completions" not in proxy.passed
    collector.one()


@pytest.mark.parametrize("model", ["gpt-first", "standin-status-503"], ids=["no proxy", "no answer"])
def test_the_next_provider_is_asked_without_the_tunnel_of_the_first(gateway, standin, collector, model):
    with ConnectProxy() as proxy:
        port = proxy.port if "503" in model else free_port()
        assert ask(gateway(config(port, f"localhost:{standin.port}", model))).model == "gpt-second-2024-07-18"
    assert len(proxy.asked) == (1 if "503" in model else 0)
    collector.one()


def test_a_proxy_that_refuses_is_named_in_the_error(gateway, standin, collector):
    with ConnectProxy(status=403) as proxy:
        text = config(proxy.port, f"localhost:{standin.port}").replace('"{upstream}"', f"127.0.0.1:{free_port()}")
        only = text[: text.index("          - providers:\n            - {name: second")]
        with pytest.raises(openai.InternalServerError, match=f"through 127.0.0.1:{proxy.port}: the proxy refused"):
            ask(gateway(only))
    collector.one()
