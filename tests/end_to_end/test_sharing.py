"""Upstream connections serve one client after another, and no call ever gets anything of another's."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bench_suite.ports import free_port
from standin_provider.certificate import make_certificate
from support.callers import Seen, answer, call, request, storm
from support.moody_upstream import MANNERS, MoodyUpstream

Gateways = Callable[..., Any]

CONFIG = """\
binds:
- port: {port}
  listeners:
  - routes:
    - backends:
      - ai: {name: x, hostOverride: '{upstream}', provider: {openAI: {}}}
      policies:
        backendTLS: {root: CERTIFICATE}
        backendAuth: {key: sk-configured-canary}
"""

TWO_POLICIES = """\
binds:
- port: {port}
  listeners:
  - routes:
    - matches: [{path: {pathPrefix: /trusting}}]
      backends:
      - ai: {name: x, hostOverride: '{upstream}', provider: {openAI: {}}}
      policies:
        backendTLS: {insecure: true}
    - backends:
      - ai: {name: x, hostOverride: '{upstream}', provider: {openAI: {}}}
      policies:
        backendTLS: {root: CERTIFICATE}
"""

WATCHER = """
class Watcher:
    def server_connect(self, data): print("HOOK server_connect", flush=True)
    def server_connected(self, data): print("HOOK server_connected", flush=True)
    def tls_established_server(self, data):
        conn = data.conn
        print("HOOK tls_established", conn.tls_established, conn.sni, len(conn.certificate_list), conn.tls_version,
            bool(conn.cipher), conn.peername == conn.peername and bool(conn.peername), flush=True)
    def server_disconnected(self, data): print("HOOK server_disconnected", flush=True)
    def responseheaders(self, flow):
        conn = flow.server_conn
        early = conn.timestamp_start <= conn.timestamp_tcp_setup <= conn.timestamp_tls_setup
        print("HOOK responseheaders", conn.connected, early, flush=True)
addons = [Watcher()]
"""

KNOWN_WATCHER = """
from agw.fastpath.handover import Handover

connected = Handover._connected

def told(*given):
    print("HANDED OVER", flush=True)
    connected(*given)

Handover._connected = told
# Of add-ons that are neither mitmproxy's nor the gateway's nobody can tell whether they must be awaited.
Watcher.__module__ = "agw.watcher"
"""

OWN_TLS = """
class Own:
    def tls_start_server(self, data): pass
addons = [Own()]
"""

CARELESS = """
from agw.fastpath import handover, lease, pool, sharing
from agw.fastpath.lease import Known, TCP_FACTS, TLS_FACTS

def careless(self, stack, server):
    return Known(getattr(stack, "tls", None), {name: getattr(server, name) for name in (*TCP_FACTS, *TLS_FACTS)})

class Whatever:
    def __eq__(self, other): return True

lease.Lease.known_at_rest = careless
sharing.CLIENT_LEFT = handover.CLIENT_LEFT = Whatever()
pool._is_at_rest = lambda parked: True
addons = []
"""

UNJUDGED = """
from agw.fastpath import exchange
exchange.is_plain = lambda request, response: True
addons = []
"""


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    return make_certificate(tmp_path)


@pytest.fixture
def upstream(certificate: tuple[Path, Path]) -> Iterator[MoodyUpstream]:
    with MoodyUpstream(certificate) as running:
        yield running


def start(
    gateway: Gateways,
    upstream: MoodyUpstream,
    certificate: tuple[Path, Path],
    *more: str,
    text: str = CONFIG,
    env: dict[str, str] | None = None,
):
    text = text.replace("CERTIFICATE", str(certificate[0]))
    return gateway(text, "--set", "agwlog=false", *more, upstream=f"localhost:{upstream.port}", env=env)


def script(folder: Path, text: str) -> tuple[str, str]:
    file = folder / "other.py"
    file.write_text(text)
    return "-s", str(file)


def ask(port: int, line: str, manners: str = "whole", **how: Any) -> int:
    status, came = asyncio.run(call(port, request(line, manners, **how)))
    assert status != 200 or line.encode() in came
    # The gateway keeps a connection only once it has heard that its client has left.
    time.sleep(0.05)
    return status


def until(holds: Callable[[], bool], limit_s: float = 10.0) -> None:
    deadline = time.monotonic() + limit_s
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_clients_that_come_one_after_another_share_one_handshake(gateway, upstream, certificate) -> None:
    running = start(gateway, upstream, certificate)
    for number in range(12):
        assert ask(running.port, f"line-0-{number}-x", ("whole", "chunked", "stream")[number % 3]) == 200
    assert upstream.connections == 1
    assert all("sk-configured-canary" in head for head in upstream.heads)


def test_what_a_client_says_of_its_own_connection_does_not_end_the_upstreams(gateway, upstream, certificate) -> None:
    running = start(gateway, upstream, certificate)
    for number in range(5):
        assert ask(running.port, f"line-0-{number}-x", close=True) == 200
    assert upstream.connections == 1
    assert not any("connection:" in head.lower() for head in upstream.heads)


@pytest.mark.parametrize(
    "how",
    [("--set", "agwfastpath=false"), ("--set", "validate_inbound_headers=false")],
    ids=["no fastpath", "no check"],
)
def test_each_client_has_its_own_where_sharing_is_off(gateway, upstream, certificate, how) -> None:
    running = start(gateway, upstream, certificate, *how)
    for number in range(3):
        assert ask(running.port, f"line-0-{number}-x") == 200
    assert upstream.connections == 3


def test_nothing_is_shared_where_another_add_on_begins_tls(gateway, upstream, certificate, tmp_path) -> None:
    running = start(gateway, upstream, certificate, *script(tmp_path, OWN_TLS))
    for number in range(3):
        assert ask(running.port, f"line-0-{number}-x") == 200
    assert upstream.connections == 3


@pytest.mark.parametrize("watcher", [WATCHER, WATCHER + KNOWN_WATCHER], ids=["unknown", "known"])
def test_other_add_ons_see_a_whole_connection_for_each_client(
    gateway, upstream, certificate, tmp_path, watcher
) -> None:
    running = start(gateway, upstream, certificate, *script(tmp_path, watcher))
    for number in range(2):
        assert ask(running.port, f"line-0-{number}-x") == 200
        until(lambda: running.process.output.count("HOOK server_disconnected") == number + 1)  # noqa: B023
    assert upstream.connections == 1
    hooks = [line.partition("HOOK ")[2] for line in running.process.lines if "HOOK " in line]
    assert hooks[: len(hooks) // 2] == hooks[len(hooks) // 2 :]
    assert running.process.output.count("HANDED OVER") == (1 if KNOWN_WATCHER in watcher else 0)
    assert hooks[:5] == [
        "server_connect",
        "server_connected",
        "tls_established True localhost 1 TLSv1.3 True True",
        "responseheaders True True",
        "server_disconnected",
    ]


def test_a_policy_that_verifies_never_gets_a_connection_that_was_not_verified(
    gateway, upstream, certificate, tmp_path
) -> None:
    running = start(gateway, upstream, certificate, text=TWO_POLICIES)
    for path in ("/trusting/v1", "/v1", "/trusting/v1", "/v1"):
        assert ask(running.port, "line-0-0-x", path=path) == 200
    assert upstream.connections == 2
    (tmp_path / "other").mkdir()
    other = make_certificate(tmp_path / "other")
    wary = start(gateway, upstream, other, text=TWO_POLICIES)
    assert ask(wary.port, "line-0-1-x", path="/trusting/v1") == 200
    assert ask(wary.port, "line-0-2-x") == 503
    assert upstream.asked["line-0-2-x"] == 0


def test_nor_does_it_where_one_client_uses_both_on_one_connection(gateway, upstream, tmp_path) -> None:
    (tmp_path / "other").mkdir()
    running = start(gateway, upstream, make_certificate(tmp_path / "other"), text=TWO_POLICIES)

    async def both() -> list[int]:
        reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
        statuses = []
        for path in ("/trusting/v1", "/v1", "/trusting/v1"):
            writer.write(request(f"line-{path.count('trusting')}-0-x", "whole", path=path))
            statuses.append((await answer(reader))[0])
        writer.close()
        return statuses

    assert asyncio.run(both()) == [200, 503, 200]
    assert (upstream.connections, upstream.asked["line-0-0-x"]) == (1, 0)


def test_a_config_that_changes_leaves_older_connections_to_nobody(gateway, upstream, certificate, tmp_path) -> None:
    running = start(gateway, upstream, certificate)
    assert ask(running.port, "line-0-0-x") == 200
    (tmp_path / "other").mkdir()
    other, _ = make_certificate(tmp_path / "other")
    running.config.write_text(running.config.read_text().replace(str(certificate[0]), str(other)))
    running.process.wait_for_line("config reloaded")
    assert ask(running.port, "line-0-1-x") == 503
    running.config.write_text(running.config.read_text().replace(str(other), str(certificate[0])))
    until(lambda: running.process.output.count("config reloaded") == 2)
    assert ask(running.port, "line-0-2-x") == 200
    assert upstream.asked["line-0-1-x"] == 0
    until(lambda: upstream.open_now == 1)


def test_an_upstream_that_closes_an_idle_connection_costs_nobody_an_answer(gateway, upstream, certificate) -> None:
    running = start(gateway, upstream, certificate)
    for number in range(4):
        assert ask(running.port, f"line-0-{number}-x") == 200
        upstream.close_all()
    assert set(upstream.asked.values()) == {1}


def test_a_call_that_crosses_the_end_of_a_kept_connection_is_sent_once_more_over_a_new_one(
    gateway, upstream, certificate
) -> None:
    running = start(gateway, upstream, certificate)
    assert ask(running.port, "line-0-0-x", "die-if-kept") == 200
    assert ask(running.port, "line-0-1-x", "die-if-kept") == 200
    assert upstream.asked == {"line-0-0-x": 1, "line-0-1-x": 2}
    assert upstream.connections == 2


def test_a_call_that_may_have_been_taken_is_not_sent_again(gateway, upstream, certificate) -> None:
    running = start(gateway, upstream, certificate)
    assert ask(running.port, "line-0-0-x", "die-late-if-kept") == 200
    assert ask(running.port, "line-0-1-x", "die-late-if-kept") == 503
    assert upstream.asked == {"line-0-0-x": 1, "line-0-1-x": 1}


def test_a_plain_backend_which_has_no_second_try_is_given_none_that_is_kept(gateway, upstream, certificate) -> None:
    text = CONFIG.replace("ai: {name: x, hostOverride: '{upstream}', provider: {openAI: {}}}", "host: '{upstream}'")
    text = text.replace("        backendAuth: {key: sk-configured-canary}\n", "")
    running = start(gateway, upstream, certificate, text=text)
    for number in range(3):
        assert ask(running.port, f"line-0-{number}-x") == 200
    assert upstream.connections == 3


def test_calls_that_are_only_observed_keep_mitmproxys_way(gateway, upstream, certificate) -> None:
    port = free_port()
    mode = f"reverse:https://localhost:{upstream.port}@127.0.0.1:{port}"
    trust = f"ssl_verify_upstream_trusted_ca={certificate[0]}"
    start(gateway, upstream, certificate, "--mode", mode, "--set", trust)
    for number in range(3):
        assert ask(port, f"line-0-{number}-x") == 200
    assert upstream.connections == 3


def mixed_up(port: int, manners: tuple[str, ...], *, clients: int = 24, calls: int = 20, seed: int = 7) -> Seen:
    return asyncio.run(storm(port, manners, clients=clients, calls=calls, seed=seed))


@pytest.mark.parametrize("seed, without", [(1, ""), (2, ""), (3, "handover"), (4, "clients")])
def test_no_call_gets_anything_of_anothers_whatever_clients_and_upstream_do(
    gateway, upstream, certificate, seed, without
) -> None:
    # Two answers to one request are the upstream's own lie: nobody behind it can tell. They have a test of their own.
    manners = tuple(one for one in MANNERS if one != "late-more")
    running = start(gateway, upstream, certificate, env={"AGW_FASTPATH_WITHOUT": without})
    seen = mixed_up(running.port, (*manners, *["whole", "stream"] * 6), seed=seed)
    assert seen.mixed == []
    assert seen.unanswered == []
    assert seen.left_early > 20
    assert seen.statuses[200] > 200
    assert upstream.connections < sum(upstream.asked.values()) * 0.8


def test_well_behaved_calls_all_succeed_while_idle_connections_end_at_random(gateway, upstream, certificate) -> None:
    running = start(gateway, upstream, certificate)
    seen = mixed_up(running.port, ("whole", "chunked", "stream", "leave", "close"))
    assert seen.mixed == []
    assert set(seen.statuses) == {200}


@pytest.mark.parametrize(
    "careless, manners", [(CARELESS, ("slow", "whole")), (UNJUDGED, ("late-hint", "whole"))], ids=["rest", "hint"]
)
def test_the_same_storm_finds_what_a_careless_pool_mixes_up(
    gateway, upstream, certificate, tmp_path, careless, manners
) -> None:
    running = start(gateway, upstream, certificate, *script(tmp_path, careless))
    seen = mixed_up(running.port, manners)
    running.process.lines.clear()
    assert seen.mixed
