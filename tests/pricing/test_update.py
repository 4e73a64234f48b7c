"""Newer prices: on command only, judged before they are taken, and loud when they cannot be used."""

from __future__ import annotations

import dataclasses
import datetime
import json
import threading
from collections.abc import Iterator
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import ModelPrice

from agw.errors import PricesError
from agw.pricing import update
from agw.pricing.builtin import BuiltIn

NOW = datetime.datetime.now(datetime.UTC)


def published(value: Any) -> Any:
    """The installed list in the form in which its project publishes it."""
    if isinstance(value, ModelPrice):
        return {key: published(one) for key, one in value.__dict__.items() if one is not None}
    if dataclasses.is_dataclass(value):
        names = [field.name for field in dataclasses.fields(value) if field.name not in ("extractors", "_")]
        found = {name.rstrip("_"): published(getattr(value, name)) for name in names}
        return {name: one for name, one in found.items() if one is not None}
    if isinstance(value, list):
        return [published(one) for one in value]
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, datetime.date | datetime.time) else value


RAW = published(get_snapshot().providers)


def data(change: Any = None) -> bytes:
    raw = json.loads(json.dumps(RAW))
    if change is not None:
        change({one["id"]: {model["id"]: model for model in one["models"]} for one in raw}, raw)
    return json.dumps(raw).encode()


class Publisher:
    def __init__(self) -> None:
        self.status, self.body, self.asked = 200, data(), 0
        publisher = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                publisher.asked += 1
                self.send_response(publisher.status)
                self.end_headers()
                self.wfile.write(publisher.body)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/data.json"


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    one = Publisher()
    thread = threading.Thread(target=one.server.serve_forever)
    thread.start()
    yield one
    one.server.shutdown()
    one.server.server_close()
    thread.join()


def dearer(models: Any, _: Any) -> None:
    models["openai"]["gpt-4o"]["prices"]["input_mtok"] = 99.125


def input_rate(one: BuiltIn) -> Decimal:
    return one.find("openai", "gpt-4o", NOW).rates.input


def test_an_update_is_kept_and_used_by_the_next_start(publisher, tmp_path):
    publisher.body = data(dearer)
    brought = update.update(tmp_path / "state", publisher.url)
    assert brought.changed == (("openai", "gpt-4o"),)
    assert brought.gone == ()
    warnings = []
    taken = update.builtin(tmp_path / "state", warnings.append)
    assert (input_rate(taken), warnings) == (Decimal("99.125"), [])
    assert taken.name.startswith("genai-prices (fetched, sha256 ")
    assert brought.path.read_bytes() == publisher.body
    assert publisher.asked == 1, "only the command fetches"


def test_the_same_list_again_changes_nothing(publisher, tmp_path):
    assert update.update(tmp_path, publisher.url).changed == ()


def test_without_an_update_the_installed_list_is_used(tmp_path):
    warnings = []
    for folder in (None, tmp_path, tmp_path / "none"):
        assert update.builtin(folder, warnings.append).name == BuiltIn().name
    assert warnings == []


def broken(models: Any, _: Any) -> None:
    models["openai"]["gpt-4o"]["prices"]["input_mtok"] = "much"


def negative(models: Any, _: Any) -> None:
    models["openai"]["gpt-4o"]["prices"]["input_mtok"] = -1


def short(_: Any, raw: Any) -> None:
    del raw[2:]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<html>", "not JSON"),
        (b"{}", "shape"),
        (b"[1]", "shape"),
        (data(broken), "shape"),
        (data(negative), "negative"),
        (data(short), "not whole"),
        (b"[]", "not whole"),
        (data()[:-5], "not JSON"),
    ],
    ids=["html", "object", "numbers", "broken", "negative", "short", "empty", "cut"],
)
def test_a_list_that_is_not_plausible_is_refused_and_the_one_before_stays(publisher, tmp_path, body, said):
    publisher.body = data(dearer)
    update.update(tmp_path, publisher.url)
    publisher.body = body
    with pytest.raises(PricesError, match=said):
        update.update(tmp_path, publisher.url)
    assert input_rate(update.builtin(tmp_path, print)) == Decimal("99.125")


def test_a_file_that_went_bad_is_told_and_the_installed_list_is_used(tmp_path):
    (tmp_path / update.FILE_NAME).write_bytes(data(broken))
    warnings = []
    assert update.builtin(tmp_path, warnings.append).name == BuiltIn().name
    assert len(warnings) == 1
    assert "shape" in warnings[0]
    assert "agw prices update" in warnings[0]


def test_a_server_that_refuses_or_is_not_there_is_told(publisher, tmp_path):
    publisher.status = 404
    with pytest.raises(PricesError, match="answered 404"):
        update.update(tmp_path, publisher.url)
    publisher.server.server_close()
    with pytest.raises(PricesError, match="ConnectionError"):
        update.update(tmp_path, "http://127.0.0.1:1/")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_told(publisher, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(PricesError, match="cannot write"):
        update.update(tmp_path / "file", publisher.url)
