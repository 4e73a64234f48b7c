"""PostgreSQL: many gateways, one store. Needs the extra ``postgres`` (psycopg)."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agw.config.snapshot import Database
from agw.destinations.base import Encoded
from agw.destinations.outcome import Hide, Kind, Outcome
from agw.destinations.postgres_schema import LOCK, MIGRATIONS, UPSERT
from agw.journal.rows import values_of
from agw.record import CallRecord, codec

if TYPE_CHECKING:
    import psycopg

_CONNECT_S = 10
_STATEMENT_S = 30


@dataclass(frozen=True, slots=True)
class PostgresReceiver:
    """``config.database.url: postgres://…``. Gets every call, sampled or not."""

    database: Database

    @property
    def place(self) -> str:
        return self.database.place

    @property
    def name(self) -> str:
        return f"database {self.place}"

    def wants(self, record: CallRecord) -> bool:
        return True

    def open(self, environ: Mapping[str, str]) -> PostgresChannel:
        try:
            import psycopg
        except ImportError:
            raise ValueError("psycopg is not installed: pip install 'agw[postgres]'") from None
        assert self.database.postgres is not None
        return PostgresChannel(psycopg, self.database.postgres.reveal())


class PostgresChannel:
    """One connection, opened when it is needed and again after it was lost."""

    max_bytes = 4 * 1024 * 1024
    max_items = 500

    def __init__(self, library: Any, url: str) -> None:
        self._psycopg = library
        self._url = url
        self._hide = Hide([part for part in (library.conninfo.conninfo_to_dict(url).get("password"),) if part])
        self._connection: psycopg.Connection[Any] | None = None

    def encode(self, record: CallRecord) -> Encoded:
        text = codec.to_text(record)
        if "\\u0000" in text or "\\ud" in text:
            text = codec.dumps(_sayable(json.loads(text)))
        values = [_sayable(value) for value in values_of(record)]
        return Encoded((*values, text), len(text) + 500)

    def send(self, items: Sequence[Any], *, at_most_s: float = math.inf) -> Outcome:
        errors = self._psycopg.errors
        try:
            connection = self._connected(at_most_s)
            with connection.transaction(), connection.cursor() as cursor:
                cursor.executemany(UPSERT, items)
        except (self._psycopg.DataError, errors.IntegrityError, errors.ProgramLimitExceeded) as error:
            # Its text quotes the row; its kind says enough.
            return Outcome(Kind.REFUSED, type(error).__name__)
        except self._psycopg.Error as error:
            self.close()
            server = getattr(getattr(error, "diag", None), "message_primary", None)
            return Outcome(Kind.RETRY, self._hide(server or str(error)) or type(error).__name__)
        return Outcome(Kind.OK)

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _connected(self, at_most_s: float) -> psycopg.Connection[Any]:
        if self._connection is None or self._connection.closed:
            connection = self._psycopg.connect(
                self._url,
                connect_timeout=max(2, min(_CONNECT_S, int(at_most_s) if math.isfinite(at_most_s) else _CONNECT_S)),
                options=f"-c statement_timeout={_STATEMENT_S}s",
                application_name="agentgateway",
                autocommit=True,
                tcp_user_timeout=_STATEMENT_S * 1000,
            )
            try:
                _migrate(connection)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        assert self._connection is not None
        return self._connection


def _migrate(connection: psycopg.Connection[Any]) -> None:
    """Makes the tables or brings them up to date; of several gateways that start together, one at a time."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
        cursor.execute("CREATE TABLE IF NOT EXISTS agw_schema (version integer NOT NULL)")
        row = cursor.execute("SELECT max(version) FROM agw_schema").fetchone()
        version = (row[0] if row else None) or 0
        for number, statements in enumerate(MIGRATIONS[version:], version + 1):
            for statement in statements.split(";\n"):
                if statement.strip():
                    cursor.execute(statement)
            cursor.execute("INSERT INTO agw_schema VALUES (%s)", (number,))


def _sayable(value: Any) -> Any:
    """Null characters and lone surrogates, which PostgreSQL cannot keep, become U+FFFD."""
    if isinstance(value, str):
        if "\0" in value:
            value = value.replace("\0", "\ufffd")
        return value if value.isascii() else value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_sayable(key): _sayable(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_sayable(one) for one in value]
    return value
