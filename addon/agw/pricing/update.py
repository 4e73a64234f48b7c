"""Newer built-in prices, on command only: ``agw prices update`` calls ``update``, the start of a gateway ``builtin``.

The file in the state folder is what the genai-prices project publishes, byte for byte, judged before it is taken. A
gateway that finds a file it cannot use says so and prices by the list that was installed.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from genai_prices.data_snapshot import DataSnapshot

from agw.errors import PricesError
from agw.pricing.builtin import BuiltIn

FILE_NAME = "prices.json"
MAX_BYTES = 64 << 20
TIMEOUT_S = (5.0, 30.0)
"""To connect, and between two pieces of the answer."""
_MUST_HAVE = (("openai", "gpt-4o"), ("anthropic", "claude-sonnet-4-5"), ("gcp.gemini", "gemini-2.5-flash"))


@dataclass(frozen=True, slots=True)
class Updated:
    """What an update brought. ``changed``: (provider, model) whose price differs now or is new."""

    path: Path
    models: int
    changed: tuple[tuple[str, str], ...]
    gone: tuple[tuple[str, str], ...]


def update(state_dir: Path, url: str | None = None) -> Updated:
    """Fetches the published list, from ``url`` or from the project itself, and keeps it in ``state_dir``. Blocks.

    Raises PricesError; then nothing has changed. ``HTTPS_PROXY`` and its kin are obeyed.
    """
    data = _fetch(url)
    new = judged(data)
    before = {(provider, model): price for provider, model, price in builtin(state_dir, lambda _: None).every(_now())}
    after = {(provider, model): price for provider, model, price in new.every(_now())}
    path = state_dir / FILE_NAME
    try:
        _replace(path, data)
    except OSError as error:
        raise PricesError(f"cannot write {path}: {(error.strerror or 'unknown').lower()}") from None
    return Updated(
        path,
        models=len(after),
        changed=tuple(key for key, price in after.items() if before.get(key) != price),
        gone=tuple(key for key in before if key not in after),
    )


def builtin(state_dir: Path | None, warn: Callable[[str], None]) -> BuiltIn:
    """The list that was fetched last, or the one that was installed. Never raises; touches no network."""
    path = None if state_dir is None else state_dir / FILE_NAME
    try:
        if path is None or not path.exists():
            return BuiltIn()
        with path.open("rb") as file:
            return judged(file.read(MAX_BYTES + 1))
    except PricesError as error:
        reason = str(error)
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
    warn(f"{path}: {reason}; prices are those of the installed list (fetch again with: agw prices update)")
    return BuiltIn()


def judged(data: bytes) -> BuiltIn:
    """The list in a published file. Raises PricesError unless it is whole, known in its shape, and plausible."""
    if len(data) > MAX_BYTES:
        raise PricesError(f"the price list is larger than {MAX_BYTES >> 20} MiB")
    try:
        raw = json.loads(data, parse_float=_plain)
    except (ValueError, RecursionError):
        raise PricesError("the price list is not JSON") from None
    try:
        providers = _providers(raw)
        found = BuiltIn(DataSnapshot(providers, from_auto_update=True), _name(data))
        rows = list(found.every(_now()))
        bad = [(provider, model) for provider, model, price in rows if min(price.rates.said().values(), default=0) < 0]
    except Exception:
        # Whatever is wrong inside, pydantic and its validators say it in their own exceptions.
        raise PricesError("the price list has a shape that the installed genai-prices does not know") from None
    missing = [model for provider, model in _MUST_HAVE if found.find(provider, model, _now()) is None]
    installed = sum(1 for _ in BuiltIn().every(_now()))
    if bad:
        raise PricesError(f"the price list holds a negative price ({bad[0][0]} {bad[0][1]})")
    if missing or len(rows) < installed / 2:
        raise PricesError(f"the price list holds {len(rows)} models, the installed one {installed}; it is not whole")
    return found


def _providers(raw: Any) -> Any:
    # The package has no public way to read a file that was fetched before: its updater parses what it fetches itself.
    from genai_prices.types import _providers_from_raw

    if not isinstance(raw, list):
        raise TypeError("not a list of providers")
    return _providers_from_raw(raw)


def _plain(text: str) -> str:
    """A number as it was written; the package's own reader makes a Decimal of it without a binary fraction."""
    return text


def _fetch(url: str | None) -> bytes:
    # Not for every start of a gateway: it needs neither of them.
    import requests
    from genai_prices.update_prices import DEFAULT_UPDATE_URL

    try:
        with requests.get(url or DEFAULT_UPDATE_URL, timeout=TIMEOUT_S, stream=True) as answer:
            if answer.status_code != 200:
                raise PricesError(f"the price list cannot be fetched: the server answered {answer.status_code}")
            data = bytearray()
            for piece in answer.iter_content(1 << 16):
                data += piece
                if len(data) > MAX_BYTES:
                    break
            return bytes(data)
    except requests.RequestException as error:
        raise PricesError(f"the price list cannot be fetched: {type(error).__name__}") from None


def _replace(path: Path, data: bytes) -> None:
    """Whole or not at all, whenever it is interrupted."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _name(data: bytes) -> str:
    """Two gateways that say the same name price by the same bytes."""
    return f"genai-prices (fetched, sha256 {hashlib.sha256(data).hexdigest()[:12]})"


def _now() -> datetime:
    return datetime.now(UTC)
