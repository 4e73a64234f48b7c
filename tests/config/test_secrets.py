"""Whatever is wrong with a config, what its secrets are is never said."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agw.config import load, loads
from agw.config.expand import expand
from agw.config.tree import parse
from agw.errors import ConfigError
from support.config_texts import CONFIGS
from support.configs import with_route

CANARY = "sk-CANARY"


def said_of(text: str, value: str = CANARY) -> str:
    """All that the errors of a config say, empty if there are none."""
    try:
        loads(text, "cfg.yaml", {"KEY": value, "OPENAI_API_KEY": value})
    except ConfigError as error:
        return "\n".join([str(error), repr(error.problems), repr(error.__cause__), repr(error.args)])
    return ""


PLACES = [
    with_route("policies: {backendAuth: $KEY}"),
    with_route("policies: {backendAuth: {$KEY}}"),
    with_route("policies: {backendAuth: {key: {$KEY}}}"),
    with_route("policies: {backendAuth: {key: [$KEY]}}"),
    with_route("policies: {backendAuth: {key: {file: $KEY}}}"),
    with_route("policies: {backendAuth: {kye: $KEY}}"),
    with_route("policies: {backendAuth: {key: {value: x, location: {header: {name: '$KEY ('}}}}}"),
    with_route("policies: {$KEY: 1}"),
    with_route(
        "policies: {apiKey: {keys: [{keyHash: $KEY}]}, basicAuth: {htpasswd: $KEY}, authorization: {rules: [$KEY]}, jwtAuth: {issuer: a, jwks: $KEY}}"
    ),
    with_route("policies: {timeout: {requestTimeout: $KEY}}"),
    with_route("policies: {requestHeaderModifier: {set: {a: [$KEY]}}}"),
    with_route("policies: {urlRewrite: {authority: $KEY, path: {full: $KEY}}}"),
    with_route("matches: [{path: {regex: '($KEY'}}]"),
    with_route("matches: [{headers: [{name: authorization, value: {regex: '(?P<$KEY>'}}]}]"),
    with_route("matches: [{headers: [{name: ':$KEY', value: {exact: a}}]}]"),
    with_route("matches: [{method: '$KEY'}]"),
    with_route("backends: [{ai: {name: a, provider: $KEY}}]"),
    with_route("backends: [{ai: {name: a, provider: {$KEY: {}}}}]"),
    with_route("backends: [{ai: {name: a, hostOverride: $KEY, pathOverride: $KEY, provider: {openAI: {}}}}]"),
    "config: {tracing: {otlpEndpoint: '$KEY://x'}}",
    "config: {tracing: {otlpEndpoint: 'http://$KEY@x', otlpProtocol: $KEY, headers: {a: '\"$KEY'}}}",
    "config: {tracing: {otlpEndpoint: 'http://x', randomSampling: $KEY, clientSampling: [$KEY]}}",
    "gateways: {$KEY: {}}\nroutes: [{gateways: $KEY/$KEY}]",
    "llm: {models: [{name: m, provider: $KEY, params: {apiKey: [$KEY], baseUrl: '$KEY'}}]}",
    "llm: {models: [{name: m, provider: openAI, params: {apiKey: '$KEY', baseUrl: 'http://u:$KEY@a'}}]}",
    "$KEY",
    "- $KEY",
    "$KEY: {$KEY: $KEY}",
    "a: $KEY\n$KEY: 1\n$KEY: 2",
    "a: '$KEY\nb: 1",
    "a: *$KEY",
    "a: !$KEY 1",
    "a: &$KEY [*x$KEY]",
]


@pytest.mark.parametrize("text", PLACES)
@pytest.mark.parametrize(
    "value",
    [CANARY, f"{CANARY}: {CANARY}", f"{CANARY}\n{CANARY}: [", f'"{CANARY}', f"{{{CANARY}: 1}}", f"[{CANARY}"],
    ids=["plain", "mapping", "lines", "quote", "flow", "open"],
)
def test_no_error_repeats_what_the_environment_said(text, value):
    said = said_of(text, value)
    assert said
    assert "canary" not in said.lower()


def test_an_error_in_the_file_of_a_key_does_not_show_the_key(tmp_path):
    (tmp_path / "key").write_bytes(b"sk-CANARY\nsk-CANARY\xff")
    (tmp_path / "lines").write_text("sk-CANARY\nsk-CANARY")
    config = tmp_path / "cfg.yaml"
    for name in ("key", "lines"):
        config.write_text(with_route(f"policies: {{backendAuth: {{key: {{file: {name}}}}}}}"))
        with pytest.raises(ConfigError) as caught:
            load(str(config), {})
        assert "CANARY" not in str(caught.value)
        assert caught.value.problems[0].line == 5


def test_keys_are_not_in_the_representation_of_a_snapshot():
    found = loads(CONFIGS["binds"], "cfg.yaml", {"OPENAI_API_KEY": CANARY})
    assert "CANARY" not in repr(found)
    assert "Secret(***)" in repr(found)


TREES = {name: parse(expand(text, "", {"OPENAI_API_KEY": CANARY}), "").value for name, text in CONFIGS.items()}


def paths(value: Any) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [(), *((key, *rest) for key, one in inner for rest in paths(one))]


@given(st.data())
def test_a_config_with_one_thing_broken_loads_or_says_where_and_never_what(data):
    tree = copy.deepcopy(TREES[data.draw(st.sampled_from(sorted(TREES)))])
    path = data.draw(st.sampled_from(paths(tree)[1:]))
    place = tree
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = data.draw(
        st.sampled_from([None, True, 0, -1, 1.5, "", "(", CANARY, [], {}, [None], {"x": CANARY}, [[CANARY]]])
    )
    text = json.dumps(tree, indent=1).replace("$", "$$")
    try:
        loads(text, "cfg.yaml", {})
    except ConfigError as error:
        for problem in error.problems:
            assert problem.line is not None
            assert 1 <= problem.line <= text.count("\n") + 1
        assert "canary" not in str(error).lower()
