"""What is installed for a peer that is measured."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench_suite import peers


def test_portkey_is_installed_with_what_its_streams_need(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[tuple[str, ...]] = []
    monkeypatch.setattr(peers, "_PORTKEY", tmp_path / "portkey")
    monkeypatch.setattr(peers, "_program", lambda name: f"/bin/{name}")
    monkeypatch.setattr(peers, "_run", lambda *command: ran.append(command))
    peers.install_portkey()
    needed = json.loads((tmp_path / "portkey" / "package.json").read_text())
    assert needed == {"overrides": {"@hono/node-server": "1.13.5"}}
    assert ran[0][:4] == ("/bin/npm", "install", "--prefix", str(tmp_path / "portkey"))
