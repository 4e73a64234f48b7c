"""``config.database`` and its older form."""

from __future__ import annotations

from pathlib import Path

import pytest

from agw.journal.place import journal_of
from support.configs import PROVIDER, problems, snapshot, with_route

ROUTES = with_route(f"backends: [{{{PROVIDER}}}]")


def database(url: str, **environ: str):
    return snapshot(f"config: {{database: {{url: '{url}'}}}}\n{ROUTES}", **environ).database


@pytest.mark.parametrize(
    ("url", "file"),
    [
        ("sqlite:///var/lib/agw/calls.sqlite", "/var/lib/agw/calls.sqlite"),
        ("sqlite:/var/lib/calls.sqlite", "/var/lib/calls.sqlite"),
        ("sqlite:///tmp/with%20space.sqlite?mode=rwc", "/tmp/with space.sqlite"),
        ("sqlite://calls.sqlite", str(Path("calls.sqlite").absolute())),
    ],
)
def test_a_sqlite_url_is_the_journals_file(url, file):
    assert database(url).file == file
    assert journal_of("/state", database(url)) == Path(file)


def test_memory_needs_no_file():
    assert journal_of("/state", database("sqlite::memory:")) is None


def test_a_postgres_url_is_a_destination_and_its_password_is_not_shown():
    found = database("postgres://agw:$PASSWORD@db.example.com/calls", PASSWORD="canary")
    assert found.place == "postgres://db.example.com:5432/calls"
    assert "canary" not in repr(found)
    assert found.postgres.reveal() == "postgres://agw:canary@db.example.com/calls"
    assert journal_of("/state", found) == Path("/state/journal.sqlite")


def test_the_older_form_is_the_same_and_both_together_are_a_mistake():
    older = "logging: {database: {url: 'sqlite:///a.sqlite', maxConnections: 5}}"
    assert snapshot(f"config: {{{older}}}\n{ROUTES}").database.file == "/a.sqlite"
    both = f"config: {{{older}, database: {{url: 'sqlite:///b.sqlite'}}}}\n{ROUTES}"
    assert "keep one of them" in str(problems(both)[0])


@pytest.mark.parametrize(
    "url", ["mysql://host/db", "calls.sqlite", "sqlite://", "postgres://host", "postgres://h:x/db"]
)
def test_other_urls_are_told_with_what_to_write(url):
    (problem,) = problems(f"config: {{database: {{url: '{url}'}}}}\n{ROUTES}")
    assert problem.path == "config.database.url"
    assert "sqlite://" in str(problem)


def test_a_database_without_a_url_is_told():
    (problem,) = problems(f"config: {{database: {{maxConnections: 3}}}}\n{ROUTES}")
    assert "without a url" in str(problem)
