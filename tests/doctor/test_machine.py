"""What is looked at on a machine, and what is said to do."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from agw.doctor.finding import Level
from agw.doctor.machine import CA_NAME, clock, ports, state, trust
from agw.journal.opening import NAME, lock
from agw.journal.store import Store
from standin_provider.certificate import make_certificate
from support.configs import PROVIDER, snapshot, with_route

CONFIG = with_route(f"backends: [{{{PROVIDER}}}]")


def test_a_port_that_is_taken_is_told():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        (found,) = ports(snapshot(CONFIG.replace("3000", str(port))))
    assert found.level is Level.ODD
    assert str(port) in found.what


def test_a_clock_that_goes_is_good():
    (found,) = clock()
    assert found.level is not Level.BAD


def test_a_state_folder_that_can_be_made_is_good_and_one_that_cannot_is_not(tmp_path: Path):
    (good,) = state(str(tmp_path / "new" / "folder"))
    assert good.level is Level.GOOD
    (tmp_path / "file").write_text("")
    (bad,) = state(str(tmp_path / "file" / "state"))
    assert bad.level is Level.BAD
    assert "agwstate" in bad.do
    (none,) = state("")
    assert none.level is Level.ODD


def test_a_damaged_journal_and_a_running_gateway_are_seen(tmp_path: Path):
    (tmp_path / f"{NAME}.damaged-20260101T000000").write_text("")
    Store(tmp_path / NAME).close()
    held = lock(tmp_path / NAME)
    found = [one.what for one in state(str(tmp_path))]
    assert any("set aside as damaged" in one for one in found)
    assert any("is running" in one for one in found)
    held.release()


@pytest.fixture
def confdir(tmp_path: Path) -> Path:
    certificate, _ = make_certificate(tmp_path)
    certificate.rename(tmp_path / CA_NAME)
    return tmp_path


def test_trust_says_how_to_get_it(confdir: Path, tmp_path: Path):
    (none,) = trust(str(tmp_path / "nowhere"), {})
    assert none.level is Level.ODD
    (system,) = trust(str(confdir), {})
    assert "update-ca-certificates" in system.do


def test_the_bundles_of_runtimes_are_looked_into(confdir: Path):
    (confdir / "other.pem").write_text("no certificate")
    environ = {"NODE_EXTRA_CA_CERTS": str(confdir / CA_NAME), "SSL_CERT_FILE": str(confdir / "other.pem")}
    levels = {one.what.split()[1]: one.level for one in trust(str(confdir), environ)}
    assert levels["NODE_EXTRA_CA_CERTS"] is Level.GOOD
    assert levels["SSL_CERT_FILE"] is Level.BAD
