"""The fast path goes in where mitmproxy is what it was written for, stays out where not, and leaves no trace."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from mitmproxy import addonmanager, log
from mitmproxy.proxy.mode_servers import ProxyConnectionHandler
from mitmproxy.proxy.server import ConnectionHandler
from mitmproxy.test import taddons

from agw.fastpath import (
    FastPath,
    addresses,
    at_once,
    chunks,
    clients,
    contexts,
    dispatch,
    first_lines,
    handover,
    headers,
    idle,
    ids,
    inline,
    install,
    known,
    legacy_log,
    let_go,
    lifecycle,
    option_values,
    reads,
    sharing,
    tasks,
    unchecked,
    unpaused,
    whole,
)
from agw.fastpath.install import PIECES


def in_a_master(check: Any) -> None:
    async def inside() -> None:
        with taddons.context() as context:
            check(context.master)

    asyncio.run(inside())


@pytest.mark.parametrize(
    "piece",
    [
        addresses,
        at_once,
        chunks,
        clients,
        contexts,
        dispatch,
        first_lines,
        handover,
        headers,
        idle,
        ids,
        inline,
        legacy_log,
        let_go,
        lifecycle,
        option_values,
        reads,
        sharing,
        tasks,
        unchecked,
        unpaused,
        whole,
    ],
)
def test_the_installed_mitmproxy_is_known(piece: Any) -> None:
    assert known.changed(piece.LEANS_ON) == []


def test_everything_is_put_in_place_and_taken_away_again() -> None:
    def check(master: Any) -> None:
        before = ProxyConnectionHandler.server_event
        fast = install(master)
        assert fast.pieces == set(PIECES)
        assert "trigger_event" in vars(master.addons)
        assert ProxyConnectionHandler.server_event is not before
        assert ConnectionHandler.server_event is before, "other handlers keep mitmproxy's own way"
        fast.remove()
        assert "trigger_event" not in vars(master.addons)
        assert "handle_lifecycle" not in vars(master.addons)
        assert ProxyConnectionHandler.server_event is before
        fast.remove()

    in_a_master(check)


def strange(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setitem(known.KNOWN, name, ("000000000000",))


@pytest.mark.parametrize(
    "name, gone",
    [
        (
            "mitmproxy.addonmanager.AddonManager.trigger_event",
            {
                *("dispatch", "idle", "inline", "at_once", "writes", "legacy_log", "lifecycle", "reads", "whole"),
                *("clients", "handover"),
            },
        ),
        (
            "mitmproxy.proxy.server.ConnectionHandler.server_event",
            {"inline", "at_once", "clients", "handover", "reads", "whole", "writes"},
        ),
        (
            "mitmproxy.proxy.layer.Layer",
            {"at_once", "clients", "contexts", "handover", "let_go", "sharing", "unpaused", "whole"},
        ),
        ("mitmproxy.addons.save.Save", {"idle"}),
        ("mitmproxy.log.LegacyLogEvents.emit", {"legacy_log"}),
        ("mitmproxy.proxy.layers.http._http1.Http1Connection.read_body", {"chunks", "handover", "sharing"}),
        ("mitmproxy.proxy.server.ConnectionHandler.open_connection", {"handover", "sharing"}),
        ("mitmproxy.http.MessageData.__post_init__", {"unchecked"}),
    ],
)
def test_what_has_changed_stays_off_and_is_said_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, name: str, gone: set[str]
) -> None:
    strange(monkeypatch, name)

    def check(master: Any) -> None:
        fast = install(master)
        assert fast.pieces == set(PIECES) - gone
        fast.remove()

    in_a_master(check)
    (record,) = [record for record in caplog.records if record.name == "agw"]
    assert record.levelno == logging.WARNING
    assert name in record.getMessage()


def test_pieces_can_be_left_out_without_a_word(caplog: pytest.LogCaptureFixture) -> None:
    def check(master: Any) -> None:
        fast = install(master, without=["inline"])
        assert fast.pieces == set(PIECES) - {"inline", "at_once", "clients", "handover", "reads", "whole", "writes"}
        fast.remove()
        assert install(master, without=PIECES).pieces == set()

    in_a_master(check)
    assert not [record for record in caplog.records if record.name == "agw"]


def test_log_events_come_where_an_add_on_hears_them() -> None:
    heard: list[str] = []

    class Old:
        def add_log(self, entry: log.LogEntry) -> None:
            heard.append(entry.msg)

    async def inside() -> None:
        with taddons.context() as context:
            fast: FastPath = install(context.master)
            logging.getLogger("agw.test").error("nobody hears")
            await asyncio.sleep(0)
            context.master.addons.chain.append(Old())
            logging.getLogger("agw.test").error("somebody hears")
            await asyncio.sleep(0.01)
            fast.remove()

    asyncio.run(inside())
    assert [text for text in heard if "hears" in text][-1:] == [text for text in heard if "somebody" in text]
    assert not any("nobody" in text for text in heard)


def test_digests_tell_sources_apart() -> None:
    assert known.digest(addonmanager.safecall) != known.digest(addonmanager.traverse)
    assert known.changed([len]) == ["builtins.len"]
