"""Gateways behind a real HAProxy and a real nginx, with the very files of config/deploy."""

from __future__ import annotations

import json
import shutil
import signal
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from bench_suite.ports import free_port
from conftest import CONFIG, Standin
from support.gateway import ROOT, Gateway, Process
from support.otlp_receiver import GrpcReceiver

TEXT = CONFIG.replace("openAI:\n              model: gpt-4o-mini", "openAI: {}")


class Cluster:
    def __init__(self, port: int, gateways: list[Gateway]) -> None:
        self.port = port
        self.gateways = gateways

    def ask(self, model: str = "m", stream: bool = False) -> bytes:
        body = {"model": model, "stream": stream, "messages": [{"role": "user", "content": "Hi"}]}
        url = f"http://127.0.0.1:{self.port}/v1/chat/completions"
        with urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode()), timeout=30) as answer:
            whole: bytes = answer.read()
            return whole

    def answers(self) -> list[int]:
        """How many calls each gateway has finished."""
        return [len([line for line in one.lines if "  chat  " in line]) for one in self.gateways]


@pytest.fixture
def cluster(tmp_path: Path, standin: Standin, collector: GrpcReceiver) -> Iterator[Callable[[str], Cluster]]:
    with ExitStack() as stack:

        def start(balancer: str) -> Cluster:
            program = shutil.which(balancer, path="/usr/sbin:/usr/bin:/sbin")
            if program is None:
                pytest.skip(f"{balancer} is not installed (on Debian: apt install {balancer})")
            ports, ready = [free_port(), free_port()], [free_port(), free_port()]
            gateways = []
            for number in (0, 1):
                config = tmp_path / f"{number}.yaml"
                text = TEXT.replace("{port}", str(ports[number])).replace("{collector}", collector.endpoint)
                config.write_text(text.replace("{upstream}", f"127.0.0.1:{standin.port}"))
                env = {"STATS_ADDR": f"127.0.0.1:{ready[number]}"}
                gateways.append(stack.enter_context(Gateway(config, env=env)))
            port = free_port()
            file = tmp_path / balancer
            env = {}
            if balancer == "haproxy":
                file = ROOT / "config" / "deploy" / "haproxy.cfg"
                env = {"AGW_BIND": f"127.0.0.1:{port}", "AGW_A": f"127.0.0.1:{ports[0]}", "AGW_A_READY": str(ready[0])}
                env |= {"AGW_B": f"127.0.0.1:{ports[1]}", "AGW_B_READY": str(ready[1])}
                command = [program, "-db", "-f", str(file)]
            else:
                text = (ROOT / "config" / "deploy" / "nginx.conf").read_text()
                text = text.replace("listen 8000", f"listen 127.0.0.1:{port}")
                text = text.replace("127.0.0.1:3000", f"127.0.0.1:{ports[0]}")
                file.write_text(text.replace("127.0.0.1:3001", f"127.0.0.1:{ports[1]}"))
                orders = f"daemon off; pid {tmp_path}/nginx.pid; error_log stderr;"
                command = [program, "-p", str(tmp_path), "-c", str(file), "-g", orders]
            balancing = stack.enter_context(Process(*command, env=env))
            running = Cluster(port, gateways)
            deadline = time.monotonic() + 15
            while True:
                try:
                    running.ask()
                    break
                except OSError:
                    assert time.monotonic() < deadline, balancing.output
                    time.sleep(0.1)
            return running

        yield start


both = pytest.mark.parametrize("balancer", ["haproxy", "nginx"])


@both
def test_calls_reach_both_gateways(cluster: Callable[[str], Cluster], balancer: str) -> None:
    running = cluster(balancer)
    askers = [threading.Thread(target=running.ask, args=("standin-delay-ms-100",)) for _ in range(20)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    deadline = time.monotonic() + 5
    while sum(running.answers()) < 21 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert min(running.answers()) >= 5, running.answers()


@both
def test_tokens_pass_as_they_come(cluster: Callable[[str], Cluster], balancer: str) -> None:
    running = cluster(balancer)
    body = {
        "model": "standin-chunks-5+chunk-delay-ms-200",
        "stream": True,
        "messages": [{"role": "user", "content": "Hi"}],
    }
    url = f"http://127.0.0.1:{running.port}/v1/chat/completions"
    with urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode()), timeout=30) as answer:
        first = answer.read1(65536)
        assert b"data: " in first
        assert b"[DONE]" not in first
        assert answer.read().endswith(b"data: [DONE]\n\n")


def test_a_gateway_that_drains_costs_no_call_behind_haproxy(cluster: Callable[[str], Cluster]) -> None:
    running = cluster("haproxy")
    failed: list[Any] = []
    over = threading.Event()

    def keep_asking() -> None:
        while not over.is_set():
            try:
                running.ask("standin-delay-ms-20")
            except (OSError, urllib.error.HTTPError) as error:
                failed.append(error)

    streams: list[bytes] = []
    long = [
        threading.Thread(target=lambda: streams.append(running.ask("standin-chunks-30+chunk-delay-ms-50", True)))
        for _ in range(4)
    ]
    askers = [threading.Thread(target=keep_asking) for _ in range(3)]
    for thread in (*long, *askers):
        thread.start()
    time.sleep(0.4)
    running.gateways[0].popen.send_signal(signal.SIGTERM)
    assert running.gateways[0].wait(20) == 0
    time.sleep(0.5)
    over.set()
    for thread in (*long, *askers):
        thread.join()
    assert failed == []
    assert len(streams) == 4
    assert all(stream.endswith(b"data: [DONE]\n\n") for stream in streams)


@both
def test_a_gateway_that_is_killed_is_passed_over(cluster: Callable[[str], Cluster], balancer: str) -> None:
    running = cluster(balancer)
    running.gateways[1].popen.kill()
    running.gateways[1].wait()
    for _ in range(20):
        assert b'"usage"' in running.ask()
