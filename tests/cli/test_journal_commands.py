"""The commands that read the journal, as people run them."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import time
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from agw.journal.opening import NAME
from agw.journal.signing import signer_in
from agw.journal.store import Store
from agw.record import AnswerFacts, Attribution, CallError, CallRecord, Cost
from agw.usage import Usage
from bench_suite.ports import free_port
from support.gateway import ROOT
from support.otlp_receiver import GrpcReceiver, HttpReceiver
from support.records import chat_record, numbered, with_content

HOUR_NS = 3_600_000_000_000


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "agw.cli", *map(str, arguments)]


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    env = {"PYTHONPATH": str(ROOT / "addon"), "PATH": "/usr/bin:/bin", "HOME": "/nonexistent"}
    return subprocess.run(command(*arguments), capture_output=True, text=True, timeout=60, check=False, env=env)


def priced(number: int, hours_ago: float, model: str, cost: str | None, **more: object) -> CallRecord:
    at = time.time_ns() - int(hours_ago * HOUR_NS)
    usage = Usage(input_tokens=100, output_tokens=10)
    record = numbered(
        number,
        start_ns=at,
        end_ns=at + 500_000_000 + number * 1_000_000,
        answer=AnswerFacts(response_id=str(number), model=model, usage=usage, complete=True),
        cost=None if cost is None else Cost(Decimal(cost)),
    )
    return replace(record, **more)


numbered_ = numbered


def numbered(number: int, **more: object) -> CallRecord:
    return replace(numbered_(number), **more)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def filled(state: Path) -> Path:
    """Ten calls of two models by two users, one of them failed, one unpriced, one of last month."""
    state.mkdir()
    store = Store(state / NAME, signer=signer_in(state))
    alice, bob = Attribution(user="alice"), Attribution(user="bob", session="s1")
    records = [priced(n, 3, "gpt-4o", "0.1000000000000000000001", attribution=alice) for n in range(5)]
    records += [priced(n, 2, "claude", "1.5", attribution=bob) for n in range(5, 7)]
    records.append(priced(7, 1, "claude", None, attribution=bob))
    failed = CallError("rate_limit_exceeded", "slow down")
    records.append(priced(8, 0.5, "claude", None, attribution=bob, error=failed, http_status=429))
    records.append(priced(9, 24 * 40, "gpt-4o", "7"))
    store.append((), records)
    store.append((), [with_content(chat_record(), "Hello there\x1b[31m")])
    store.close()
    return state


def test_calls_lists_the_last_ones_oldest_first_and_filters(filled):
    lines = run("calls", "--state", filled, "--since", "1d").stdout.splitlines()
    assert len(lines) == 9
    assert "gpt-4o" in lines[0] and "100 in 10 out" in lines[0] and "$0.1" in lines[0] and "alice" in lines[0]
    assert "error rate_limit_exceeded" in lines[-1]
    assert len(run("calls", "--state", filled, "-n", "2").stdout.splitlines()) == 2
    assert len(run("calls", "--state", filled, "--model", "gpt*", "--since", "1d").stdout.splitlines()) == 5
    assert len(run("calls", "--state", filled, "--status", "error").stdout.splitlines()) == 1


def test_calls_as_json_have_all_columns(filled):
    (one,) = map(json.loads, run("calls", "--state", filled, "--json", "--status", "error").stdout.splitlines())
    assert (one["http_status"], one["user"], one["cost_usd"]) == (429, "bob", None)


def test_calls_follow_shows_what_comes(filled):
    env = {"PYTHONPATH": str(ROOT / "addon"), "PATH": "/usr/bin:/bin", "PYTHONUNBUFFERED": "1"}
    arguments = command("calls", "--state", filled, "--follow", "-n", "1")
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, env=env) as following:
        assert following.stdout is not None
        following.stdout.readline()
        store = Store(filled / NAME)
        store.append((), [priced(50, 0, "new-model", "1")])
        store.close()
        assert "new-model" in following.stdout.readline()
        following.terminate()


def test_show_is_a_chat_and_cannot_colour_the_terminal(filled):
    shown = run("show", "b7ad6b", "--state", filled)
    assert "── user" in shown.stdout
    assert "Hello there" in shown.stdout
    assert "── assistant" in shown.stdout
    assert "1000 in, 400 read from cache" in shown.stdout
    assert "\x1b" not in shown.stdout
    record = json.loads(run("show", "b7ad6b", "--state", filled, "--json").stdout)
    assert record["content"]["input_messages"][0]["role"] == "user"


def test_show_says_what_to_do_about_an_id_that_is_not_there(filled):
    assert "agw calls" in run("show", "ffffff", "--state", filled).stderr
    assert run("show", "my-call", "--state", filled).returncode == 2


def test_costs_are_exact_by_model_and_leave_last_month_out(filled):
    rows = json.loads(run("costs", "--state", filled, "--json").stdout)
    assert [(row["model"], row["calls"], row["cost_usd"], row["priced"]) for row in rows] == [
        ("claude", 4, "3.0", 2),
        ("gpt-4o", 5, "0.5000000000000000000005", 5),
    ]


@pytest.mark.parametrize(("by", "first"), [("user", "bob"), ("session", "s1"), ("provider", "openai")])
def test_costs_by_other_groups(filled, by, first):
    rows = list(csv.DictReader(io.StringIO(run("costs", "--state", filled, "--by", by, "--csv").stdout)))
    assert rows[0][by] == first


def test_costs_as_a_table_have_bars_and_a_total(filled):
    shown = run("costs", "--state", filled).stdout
    assert "█" in shown
    assert "$3.50" in shown.splitlines()[-1]
    assert "unpriced" in shown.splitlines()[0]


def test_latency_gives_times_that_were_measured(filled):
    rows = json.loads(run("latency", "--state", filled, "--json").stdout)
    assert {row["model"]: row["calls"] for row in rows} == {"gpt-4o": 5, "claude": 3}
    assert rows[0]["total_s"] == {"p50": 0.502, "p90": 0.504, "p99": 0.504}
    assert rows[0]["first_token_s"]["p50"] is None


def test_a_journal_that_is_not_there_is_a_sentence(tmp_path):
    for name in ("calls", "costs", "latency", "verify"):
        done = run(name, "--state", tmp_path / "nowhere")
        assert done.returncode == 1
        assert "--set agwstate" in done.stderr
        assert "Traceback" not in done.stderr


def test_verify_prints_what_to_keep_and_names_what_was_changed(filled):
    good = run("verify", "--state", filled)
    assert good.returncode == 0
    noted = good.stdout.rsplit(" ", 1)[1].strip()
    assert run("verify", "--state", filled, "--noted", noted).returncode == 0
    import sqlite3

    with sqlite3.connect(filled / NAME) as db:
        db.execute("UPDATE call SET cost_usd = '0.01' WHERE seq = 6")
    bad = run("verify", "--state", filled)
    assert bad.returncode == 1
    assert "row 6 was changed" in bad.stderr


@pytest.mark.parametrize(("protocol", "receiver"), [("grpc", GrpcReceiver), ("http", HttpReceiver)])
def test_export_sends_a_period_with_the_calls_own_ids(filled, protocol, receiver):
    with receiver() as collector:
        arguments = ("export", "--state", filled, "--to", collector.endpoint, "--protocol", protocol, "--since", "1d")
        done = run(*arguments)
        assert done.returncode == 0, done.stderr
        assert "9 of 9 calls sent" in done.stdout
        first = [span.span_id for span in collector.spans]
        assert run(*arguments).returncode == 0
        assert [span.span_id for span in collector.spans] == first * 2


def test_export_says_how_many_were_refused(filled):
    with HttpReceiver() as collector:
        collector.status = 400
        done = run("export", "--state", filled, "--to", collector.endpoint, "--protocol", "http", "--since", "1d")
        assert done.returncode == 1
        assert "9 refused" in done.stdout
        assert "HTTP 400" in done.stderr


def test_export_to_a_destination_of_a_config(filled, tmp_path):
    with GrpcReceiver() as collector:
        config = tmp_path / "cfg.yaml"
        config.write_text(f"config: {{tracing: {{otlpEndpoint: '{collector.endpoint}', randomSampling: true}}}}")
        done = run("export", "--state", filled, "--to", "tracing", "--config", config, "--since", "1d")
        assert "9 of 9 calls sent" in done.stdout, done.stderr
        wrong = run("export", "--state", filled, "--to", "else", "--config", config)
        assert wrong.returncode == 2
        assert "tracing" in wrong.stderr


HAR = ROOT / "tests" / "cli" / "chat.har"


def test_import_of_a_har_file_gives_the_original_times_and_a_second_one_changes_nothing(state):
    first = run("import", "--state", state, HAR)
    assert first.stdout == "2 calls imported, 0 were there already\n", first.stderr
    rows = [json.loads(line) for line in run("calls", "--state", state, "--json").stdout.splitlines()]
    assert [row["model"] for row in rows] == ["gpt-4o-mini-2024-07-18", "claude-sonnet-4-5"]
    assert rows[0]["start_ns"] == 1_789_997_600_250_000_000
    assert (rows[0]["input_tokens"], rows[0]["output_tokens"], rows[0]["total_s"]) == (12, 3, 0.75)
    assert rows[0]["cost_usd"] is not None
    assert (rows[1]["input_tokens"], rows[1]["stream"]) == (10, 1)
    second = run("import", "--state", state, HAR)
    assert second.stdout == "0 calls imported, 2 were there already\n"
    assert run("verify", "--state", state).returncode == 0


def test_import_of_a_dump_reads_what_mitmproxy_wrote(state, tmp_path):
    from mitmproxy.io import FlowReader, FlowWriter

    dump = tmp_path / "week.mitm"
    with HAR.open("rb") as har, dump.open("wb") as out:
        writer = FlowWriter(out)
        for flow in FlowReader(har).stream():
            writer.add(flow)
    assert run("import", "--state", state, dump).stdout == "2 calls imported, 0 were there already\n"
    assert run("import", "--state", state, HAR).stdout == "0 calls imported, 2 were there already\n"


def test_import_of_something_else_is_a_sentence(state, tmp_path):
    (tmp_path / "notes.har").write_text("{broken")
    done = run("import", "--state", state, tmp_path / "notes.har", tmp_path / "missing.mitm")
    assert done.returncode == 1
    assert "no mitmproxy dump and no HAR file" in done.stderr
    assert "missing.mitm cannot be read" in done.stderr
    assert "Traceback" not in done.stderr


def test_doctor_sends_a_real_span_and_says_what_to_do(tmp_path):
    with GrpcReceiver() as collector:
        port = free_port()
        config = tmp_path / "cfg.yaml"
        config.write_text(
            f"config: {{tracing: {{otlpEndpoint: '{collector.endpoint}'}}}}\n"
            f"binds: [{{port: {port}, listeners: [{{routes: [{{backends: "
            "[{ai: {name: openai, provider: {openAI: {}}}}]}]}]}]\n"
        )
        done = run("doctor", config, "--state", tmp_path / "state", "--confdir", tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
        (span,) = collector.spans
        assert span.span_id.hex() in done.stdout
        assert f"port: {port} is free" in done.stdout
        assert "each app's own key is sent" in done.stdout
    done = run("doctor", config, "--state", tmp_path / "state", "--confdir", tmp_path)
    assert done.returncode == 1
    assert "did not take a test span" in done.stdout


@pytest.mark.parametrize(
    "name", ["validate", "doctor", "calls", "show", "costs", "latency", "export", "import", "verify", "prices"]
)
def test_each_command_has_a_help_that_teaches(name):
    done = run(name, "--help")
    assert done.returncode == 0
    assert f"agw {name}" in done.stdout
