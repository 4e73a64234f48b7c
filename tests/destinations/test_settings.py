"""The standard variables, and the small readers beside them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agw.destinations.outcome import Hide
from agw.destinations.settings import ConnectionSettings, is_local
from agw.retry_after import retry_after_s


def settings(**environ: str) -> ConnectionSettings:
    return ConnectionSettings.of(
        {f"OTEL_EXPORTER_OTLP_{name}": value for name, value in environ.items()}, gzip_by_default=False
    )


def test_the_variables_for_traces_come_before_the_ones_for_all_signals():
    one = settings(TRACES_CERTIFICATE="/a", CERTIFICATE="/b", CLIENT_KEY="/k", TRACES_CLIENT_CERTIFICATE="/c")
    assert (one.certificate, one.client_key, one.client_certificate) == ("/a", "/k", "/c")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("10000", 10.0),
        ("2500", 2.5),
        ("100", 0.1),
        ("30", 30.0),
        ("0.5", 0.5),
        ("99999999", 600.0),
        ("0", 10.0),
        ("-5", 10.0),
        ("inf", 10.0),
        ("nan", 10.0),
        ("soon", 10.0),
        ("", 10.0),
    ],
)
def test_a_timeout_is_milliseconds_unless_it_can_only_mean_seconds(text, seconds):
    assert settings(TIMEOUT=text).timeout_s == seconds


@pytest.mark.parametrize(
    ("text", "by_default", "gzip"),
    [("gzip", False, True), ("GZIP", False, True), ("none", True, False), ("br", True, True), ("", False, False)],
)
def test_compression_is_what_was_asked_for_and_else_the_default(text, by_default, gzip):
    environ = {"OTEL_EXPORTER_OTLP_COMPRESSION": text}
    assert ConnectionSettings.of(environ, gzip_by_default=by_default).gzip is gzip


def test_the_systems_roots_are_trusted_where_none_are_configured(monkeypatch, tmp_path):
    roots = tmp_path / "roots.pem"
    roots.write_text("")
    monkeypatch.setenv("SSL_CERT_FILE", str(roots))
    assert ConnectionSettings().roots == str(roots)
    assert ConnectionSettings(certificate="/mine").roots == "/mine"


def test_only_this_machine_is_local():
    assert all(map(is_local, [None, "localhost", "a.localhost", "127.0.0.1", "127.1.2.3", "::1"]))
    assert not any(map(is_local, ["collector", "10.0.0.1", "localhost.example.com", "0.0.0.0", "128.0.0.1"]))


def test_retry_after_is_seconds_or_a_date():
    assert retry_after_s("120") == 120.0
    assert retry_after_s(None) is None
    then = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    assert 3500 < retry_after_s(then) <= 3600
    assert retry_after_s("Wed, 21 Oct 2015 07:28:00 GMT") == 0.0


@given(st.text())
def test_no_retry_after_whatever_raises(text):
    found = retry_after_s(text)
    assert found is None or found >= 0


@given(
    st.text(min_size=4, max_size=20).map(str.strip).filter(lambda text: len(text) >= 4 and "*" not in text), st.text()
)
def test_a_credential_is_never_left_in_a_text(secret, around):
    assert secret not in Hide([secret])(f"{around}{secret}{around}", 10_000)
