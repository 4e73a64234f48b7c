"""Starting, ports, reload and the modes that people open beside the config."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import openai
import pytest

from bench_suite.ports import free_port
from conftest import CONFIG
from support.gateway import ROOT, Gateway

HI = [{"role": "user", "content": "Hi"}]


def ask(base_url: str, **more):
    client = openai.OpenAI(base_url=base_url, api_key="sk-app-canary", max_retries=0, timeout=20, **more)
    return client.chat.completions.create(model="asked", messages=HI)


def is_open(port: int) -> bool:
    with socket.socket() as sock:
        sock.settimeout(2)
        return sock.connect_ex(("127.0.0.1", port)) == 0


def refused(config: Path, *arguments: str) -> str:
    """Starts mitmdump on what it must refuse; its output."""
    process = Gateway(config, *arguments, ready=False)
    assert process.wait() != 0
    assert "Traceback" not in process.output
    assert "listening at" not in process.output
    return process.output


def test_only_the_configs_port_opens(gateway):
    running = gateway()
    assert running.process.output.count("listening at") == 1
    assert is_open(running.port)


def test_a_config_with_mistakes_stops_the_start_with_file_and_line(tmp_path):
    config = tmp_path / "bad.yaml"
    config.write_text("binds:\n- port: 3000\n  listenerz: []\n")
    assert f"{config}:3: binds[0].listenerz: unknown key" in refused(config)


def test_a_missing_file_and_an_empty_option_are_clear_errors(tmp_path):
    assert "none.yaml: cannot be read: no such file" in refused(tmp_path / "none.yaml")
    ran = subprocess.run(
        [Path(sys.executable).parent / "mitmdump", "-s", "addon/agentgateway.py", "--set", f"confdir={tmp_path}"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=60,
        check=False,
    )
    assert ran.returncode != 0
    assert "no config file" in ran.stdout + ran.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["agwdrain=1", "agwdrain=2"], "--set agwdrain: given 2 times; give it once"),
        (["agwdrain=soon"], "--set agwdrain: not an integer: soon"),
        (["agwdrain=-1"], "agwdrain is -1; write 0 or more"),
        (["agwbreak"], "--set agwbreak: needs a value: agwbreak=VALUE"),
        (["agwbreak=((("], "agwbreak: not an expression"),
        (["agwlog=maybe"], "--set agwlog: boolean must be"),
        (["agwstat=folder"], "--set agwstat: there is no such option; is it agwstate"),
    ],
)
@pytest.mark.parametrize("mode", [None, "regular"])
def test_an_option_that_cannot_be_taken_opens_no_port_at_all(tmp_path, arguments, told, mode):
    config = tmp_path / "cfg.yaml"
    config.write_text("binds: []\n")
    modes = [] if mode is None else ["--mode", f"{mode}@127.0.0.1:{free_port()}"]
    assert told in refused(config, *modes, *(word for one in arguments for word in ("--set", one)))


def test_mitmproxys_own_config_file_is_no_way_around_the_check(tmp_path):
    folder = tmp_path / "mitmproxy"
    folder.mkdir()
    (folder / "config.yaml").write_text("agwdrain: soon\n")
    config = tmp_path / "cfg.yaml"
    config.write_text("binds: []\n")
    assert "--set agwdrain: 'soon' is not of its type" in refused(config)


def test_a_script_that_objects_to_every_option_leaves_no_proxy_without_a_gateway(tmp_path):
    script = tmp_path / "objects.py"
    script.write_text(
        "from mitmproxy import exceptions\n"
        "seen = []\n"
        "def configure(updated):\n"
        "    seen.append(updated)\n"
        "    if len(seen) > 1:\n"
        "        raise exceptions.OptionsError('no')\n"
    )
    ran = subprocess.run(
        [
            *(Path(sys.executable).parent / "mitmdump", "-s", script, "-s", "addon/agentgateway.py"),
            *("--set", f"confdir={tmp_path}", "--mode", f"regular@127.0.0.1:{free_port()}"),
        ],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=60,
        check=False,
    )
    assert ran.returncode != 0
    assert "the gateway was not set up: another script" in ran.stdout + ran.stderr


def test_a_port_in_use_is_a_clear_error(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        config = tmp_path / "cfg.yaml"
        config.write_text(
            CONFIG.replace("{port}", str(taken.getsockname()[1]))
            .replace("{collector}", "http://127.0.0.1:1")
            .replace("{upstream}", "127.0.0.1:1")
        )
        assert "it is in use by another program" in refused(config)


def test_a_saved_config_is_taken_with_its_ports_and_a_bad_one_is_not(gateway):
    running = gateway()
    assert ask(running.base_url).model == "gpt-4o-mini-2024-07-18"
    port = free_port()
    text = running.config.read_text()
    running.config.write_text(text.replace(str(running.port), str(port)).replace("gpt-4o-mini", "gpt-new"))
    running.process.wait_for_line("config reloaded")
    assert ask(f"http://127.0.0.1:{port}/v1").model == "gpt-new-2024-07-18"
    assert not is_open(running.port)
    running.config.write_text("binds: 3\n")
    running.process.wait_for_line("the old one stays")
    assert ask(f"http://127.0.0.1:{port}/v1").model == "gpt-new-2024-07-18"


def test_listening_beyond_loopback_is_warned_about(gateway):
    running = gateway(CONFIG, "--listen-host", "0.0.0.0")
    running.process.wait_for_line("authenticates no client")


def test_a_regular_proxy_beside_the_config_passes_other_traffic_unrecorded(gateway, standin, collector):
    import httpx2 as httpx

    proxy = free_port()
    running = gateway(CONFIG, "--mode", f"regular@127.0.0.1:{proxy}")
    body = b'{"model": "asked",  "messages": [{"role": "user", "content": "Hi"}]}'
    with httpx.Client(proxy=f"http://127.0.0.1:{proxy}") as client:
        answer = client.post(
            f"http://127.0.0.1:{standin.port}/v1/chat/completions",
            content=body,
            headers={"authorization": "Bearer sk-own"},
        )
    assert answer.status_code == 200
    seen = standin.last()
    assert seen["body"].encode() == body
    assert seen["headers"]["authorization"] == "Bearer sk-own"
    ask(running.base_url)
    assert len(collector.wait_for(1)) == 1


@pytest.mark.parametrize("stream", [False, True])
def test_calls_to_a_known_provider_are_recorded_with_their_bytes_untouched(
    gateway, standin, collector, stream, tmp_path
):
    """The known host is api.openai.com; a second script of the person's own sends its flows to the stand-in."""
    import httpx2 as httpx

    redirect = tmp_path / "redirect.py"
    redirect.write_text(
        "def server_connect(data):\n"
        "    if data.server.address[0] == 'api.openai.com':\n"
        f"        data.server.address = ('127.0.0.1', {standin.port})\n"
    )
    proxy = free_port()
    gateway(CONFIG, "--mode", f"regular@127.0.0.1:{proxy}", "-s", str(redirect))
    body = b'{"model": "asked",  "stream": %s, "messages": [{"role": "user", "content": "Hi"}]}' % (
        b"true" if stream else b"false"
    )
    with httpx.Client(proxy=f"http://127.0.0.1:{proxy}") as client:
        answer = client.post("http://api.openai.com/v1/chat/completions", content=body, headers={"x-own": "1"})
    assert answer.status_code == 200
    seen = standin.last()
    assert seen["body"].encode() == body
    assert seen["headers"]["host"] == "api.openai.com"
    span, attributes = collector.one()
    assert span.name == "chat asked"
    assert attributes["gen_ai.provider.name"] == "openai"
    assert attributes["server.address"] == "api.openai.com"
    assert attributes.get("gen_ai.usage.input_tokens") == (None if stream else 12)


def test_spans_go_over_http_too(gateway, standin):
    from support.otlp_receiver import HttpReceiver

    with HttpReceiver() as receiver:
        text = CONFIG.replace(
            "    otlpEndpoint: {collector}\n",
            f"    otlpEndpoint: {receiver.endpoint}/custom/traces\n    otlpProtocol: http\n    headers: {{x-team: blue}}\n",
        )
        ask(gateway(text, env={"OTEL_SERVICE_NAME": "named"}).base_url)
        receiver.one()
        assert receiver.path == "/custom/traces"
        assert receiver.headers["x-team"] == "blue"
        assert receiver.resource["service.name"] == "named"
