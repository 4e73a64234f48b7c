"""Where Copilot's token is looked for."""

from __future__ import annotations

import json

import pytest

from agw.credentials import Outgoing
from agw.credentials.copilot import CopilotToken
from agw.errors import UpstreamAuthError

REQUEST = Outgoing("POST", "https://x/y", {}, b"{}")


def found(home, **environ):
    fetched = CopilotToken({"HOME": str(home), **environ}, lambda: 0.0).fetch()
    assert "gho_" not in repr(fetched)
    return dict(fetched.ready.headers(REQUEST))["authorization"]


def write(home, name, text):
    file = home / ".config" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def test_the_environment_comes_before_the_files_and_the_files_in_their_order(tmp_path):
    write(tmp_path, "gh/hosts.yml", "github.com:\n  oauth_token: gho_gh\n  user: me\n")
    assert found(tmp_path) == "Bearer gho_gh"
    write(
        tmp_path,
        "github-copilot/apps.json",
        json.dumps({"github.com:Iv1.b5": {"user": "me", "oauth_token": "gho_apps"}}),
    )
    assert found(tmp_path) == "Bearer gho_apps"
    write(tmp_path, "github-copilot/hosts.json", json.dumps({"github.com": {"oauth_token": "gho_hosts"}}))
    assert found(tmp_path) == "Bearer gho_hosts"
    assert found(tmp_path, COPILOT_GITHUB_TOKEN="gho_2") == "Bearer gho_2"
    assert found(tmp_path, COPILOT_GITHUB_TOKEN="gho_2", GH_COPILOT_TOKEN=" gho_1\n") == "Bearer gho_1"


def test_another_config_folder_is_respected(tmp_path):
    write(tmp_path, "gh/hosts.yml", "github.com: {oauth_token: gho_x}")
    assert found(tmp_path / "nobody", XDG_CONFIG_HOME=str(tmp_path / ".config")) == "Bearer gho_x"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("gh/hosts.yml", ": : :"),
        ("gh/hosts.yml", "ghe.example.com: {oauth_token: gho_other}"),
        ("gh/hosts.yml", "[1, 2]"),
        ("gh/hosts.yml", "github.com: {oauth_token: 5}"),
        ("github-copilot/hosts.json", "{"),
        ("github-copilot/apps.json", '{"github.com": "gho_x"}'),
    ],
)
def test_a_file_that_says_nothing_usable_is_passed_over(tmp_path, name, text):
    write(tmp_path, name, text)
    with pytest.raises(UpstreamAuthError, match="GH_COPILOT_TOKEN"):
        found(tmp_path)
