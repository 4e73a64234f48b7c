"""A real gateway that is killed, restarted, and left without a collector: every call is on record and arrives."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sqlite3
import threading
import time
import urllib.request
from pathlib import Path

import pytest

from agw.journal.opening import NAME
from bench_suite.ports import free_port
from support.gateway import Gateway
from support.otlp_receiver import GrpcReceiver, attributes_of
from support.postgres import Postgres, binaries

CONFIG = """\
config:
  tracing:
    otlpEndpoint: http://127.0.0.1:{collector}
    randomSampling: true
binds:
- port: {port}
  listeners:
  - routes:
    - backends:
      - ai:
          name: openai
          hostOverride: 127.0.0.1:{upstream}
          provider: {{openAI: {{model: gpt-4o-mini}}}}
      policies:
        backendAuth: {{key: sk-configured-canary}}
"""


def call(port: int, text: str = "hi", timeout_s: float = 20.0) -> str:
    """The id that the answer has."""
    body = json.dumps({"model": "any", "messages": [{"role": "user", "content": text}]}).encode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/v1/chat/completions", body, {"content-type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=timeout_s) as answer:
        return str(json.load(answer)["id"])


def written(tmp_path: Path, upstream: int, collector: int) -> tuple[Path, int]:
    port = free_port()
    config = tmp_path / "cfg.yaml"
    config.write_text(CONFIG.format(port=port, upstream=upstream, collector=collector))
    return config, port


def rows(tmp_path: Path, sql: str) -> list[tuple[object, ...]]:
    db = sqlite3.connect(tmp_path / "state" / NAME)
    try:
        return db.execute(sql).fetchall()
    finally:
        db.close()


def wait_for(what, timeout_s: float = 20.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_calls_made_while_the_collector_is_away_arrive_after_a_restart(tmp_path, standin):
    collector_port = free_port()
    config, port = written(tmp_path, standin.port, collector_port)
    with Gateway(config) as first:
        made = [call(port) for _ in range(5)]
        wait_for(lambda: rows(tmp_path, "SELECT count(*) FROM call") == [(5,)])
        began = time.monotonic()
        first.stop()
        assert time.monotonic() - began < 15
        assert "5 records" in first.output
    with GrpcReceiver(port=collector_port) as collector, Gateway(config):
        spans = collector.wait_for(5)
        assert [attributes_of(span)["gen_ai.response.id"] for span in spans] == made


def test_a_call_in_flight_at_a_kill_is_on_record_and_finished_ones_are_not_lost(tmp_path, standin):
    hanging = HangingProvider()
    with GrpcReceiver() as collector:
        config, port = written(tmp_path, standin.port, collector.port)
        text = config.read_text()
        with Gateway(config) as first:
            made = [call(port) for _ in range(3)]
            wait_for(lambda: rows(tmp_path, "SELECT count(*) FROM call") == [(3,)])
            config.write_text(text.replace(f"127.0.0.1:{standin.port}", f"127.0.0.1:{hanging.port}"))
            first.wait_for_line("config reloaded")
            threading.Thread(target=_ignored, args=(port,), daemon=True).start()
            hanging.asked.wait(20)
            wait_for(lambda: rows(tmp_path, "SELECT count(*) FROM under_way") == [(1,)])
            os.kill(first.popen.pid, signal.SIGKILL)
            first.wait()
        config.write_text(text)
        with Gateway(config):
            wait_for(lambda: len({span.span_id for span in collector.spans}) == 4)
    found = {attributes_of(span).get("gen_ai.response.id"): attributes_of(span) for span in collector.spans}
    assert set(found) == {*made, None}
    assert found[None]["error.type"] == "gateway_stopped"
    assert rows(tmp_path, "SELECT error_type FROM call ORDER BY seq") == [(None,)] * 3 + [("gateway_stopped",)]
    hanging.close()


def test_the_record_holds_the_hashes_of_the_exact_bytes_and_of_the_config(tmp_path, standin):
    with GrpcReceiver() as collector:
        config, port = written(tmp_path, standin.port, collector.port)
        body = b'{"model": "any",  "messages": [{"role": "user", "content": "h\\u00e9"}]}'
        with Gateway(config):
            headers = {"content-type": "application/json"}
            request = urllib.request.Request(f"http://127.0.0.1:{port}/v1/chat/completions", body, headers)
            with urllib.request.urlopen(request, timeout=20) as answer:
                data = answer.read()
            collector.wait_for(1)
        ((found,),) = rows(tmp_path, "SELECT body FROM record")
    evidence = json.loads(str(found))["evidence"]
    assert evidence["request_sha256"] == hashlib.sha256(body).hexdigest()
    assert evidence["response_sha256"] == hashlib.sha256(data).hexdigest()
    assert evidence["config_sha256"] == hashlib.sha256(config.read_bytes()).hexdigest()


def test_without_a_state_folder_calls_still_arrive_and_that_is_said(tmp_path, standin):
    with GrpcReceiver() as collector:
        config, port = written(tmp_path, standin.port, collector.port)
        with Gateway(config, state="") as gateway:
            call(port)
            collector.wait_for(1)
            assert gateway.output.count("kept in memory only") == 1
        assert not (tmp_path / "state").exists()


def test_every_call_reaches_a_postgres_server_that_the_config_names(tmp_path, standin):
    programs = binaries()
    if programs is None:
        assert os.environ.get("CI") != "true", "under CI the PostgreSQL tests must run (package: postgresql)"
        pytest.skip("no PostgreSQL server here (on Debian: apt install postgresql)")
    psycopg = pytest.importorskip("psycopg")
    server = Postgres(programs)
    try:
        config, port = written(tmp_path, standin.port, free_port())
        config.write_text(config.read_text().replace("config:\n", f"config:\n  database: {{url: '{server.url}'}}\n"))
        with Gateway(config) as gateway:
            made = [call(port) for _ in range(3)]
            server.start()

            def there() -> list[str]:
                try:
                    with psycopg.connect(server.url, autocommit=True) as connection:
                        sql = "SELECT record #>> '{answer,response_id}' FROM agw_call ORDER BY start_ns"
                        return [row[0] for row in connection.execute(sql).fetchall()]
                except psycopg.Error:
                    return []

            wait_for(lambda: there() == made, 60)
        assert "canary" not in gateway.output
    finally:
        server.remove()


def _ignored(port: int) -> None:
    try:
        call(port)
    except OSError:
        pass


class HangingProvider:
    """Takes a request and never answers."""

    def __init__(self) -> None:
        import socket

        self._sock = socket.create_server(("127.0.0.1", 0))
        self.port = self._sock.getsockname()[1]
        self.asked = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        try:
            connection, _ = self._sock.accept()
            connection.recv(65536)
            self.asked.set()
            connection.recv(1)
        except OSError:
            pass

    def close(self) -> None:
        self._sock.close()
