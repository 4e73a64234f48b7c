"""Configs as public pages show them: all load, and what is not served says so."""

from __future__ import annotations

import pytest

from agw.config import loads
from agw.errors import ConfigError
from support.document_texts import DOCUMENTS, ENVIRON, UNSUPPORTED


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_documented_config_loads(name):
    found = loads(DOCUMENTS[name], "cfg.yaml", ENVIRON)
    assert found.ports
    assert all(listener.routes for port in found.ports for listener in port.listeners)


@pytest.mark.parametrize("name", UNSUPPORTED)
def test_what_is_not_served_says_so_at_its_place(name):
    text, key = UNSUPPORTED[name]
    with pytest.raises(ConfigError) as caught:
        loads(text, "cfg.yaml", ENVIRON)
    (problem,) = caught.value.problems
    assert problem.message == "not supported by this gateway"
    assert problem.path.endswith(key)


def test_there_is_one_of_everything():
    assert len(DOCUMENTS) >= 60
