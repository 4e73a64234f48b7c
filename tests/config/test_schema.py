"""config/schema.json: valid, told in words, and no wider than the published one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from agw.config.check import KEYWORDS, SERVED, UNSUPPORTED, schema_file
from agw.config.expand import expand
from agw.config.tree import parse
from support.config_texts import CONFIGS
from support.configs import READY
from support.gateway import ROOT

PUBLISHED = ROOT.parent / "shared" / "reference" / "agentgateway-config.schema.json"
SCHEMA = json.loads(schema_file().read_text(encoding="utf-8"))
EXAMPLES = sorted((ROOT / "config").glob("*.yaml"))
ANNOTATIONS = {"$schema", "$id", "$defs", "$ref", "title", "description", "default", "examples", "properties", SERVED}


def schemas(schema: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema inside a schema, with its place."""
    if not isinstance(schema, dict):
        return
    yield path, schema
    for group in ("properties", "$defs"):
        for name, one in schema.get(group, {}).items():
            yield from schemas(one, f"{path}/{group}/{name}")
    for name in ("items", "additionalProperties"):
        yield from schemas(schema.get(name), f"{path}/{name}")
    for index, one in enumerate(schema.get("anyOf", [])):
        yield from schemas(one, f"{path}/anyOf/{index}")


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    return {**SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]], **schema} if "$ref" in schema else schema


def value_of(text: str) -> Any:
    return parse(expand(text, "", READY), "").value


def test_it_is_a_valid_schema_of_2020_12():
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert SCHEMA["$id"]


def test_every_property_is_described_in_a_sentence():
    names = [
        (f"{path}/{name}", resolved(one).get("description", ""))
        for path, schema in schemas(SCHEMA)
        for name, one in schema.get("properties", {}).items()
    ]
    assert len(names) > 300
    assert [name for name, text in names if not text.endswith(".") or len(text) < 3] == []


def test_every_reference_leads_somewhere_and_every_definition_is_used():
    used = {schema["$ref"].removeprefix("#/$defs/") for _, schema in schemas(SCHEMA) if "$ref" in schema}
    assert used == set(SCHEMA["$defs"])


def test_every_keyword_has_words_of_ours_for_what_is_wrong():
    keywords = {keyword for _, schema in schemas(SCHEMA) for keyword in schema}
    assert keywords - ANNOTATIONS - set(KEYWORDS) == set()


def test_every_mapping_that_lists_its_keys_is_closed():
    assert [
        path
        for path, schema in schemas(SCHEMA)
        if "properties" in schema and UNSUPPORTED not in schema and "additionalProperties" not in schema
    ] == []


def test_served_values_are_known_values_and_choices_are_known_keys():
    for path, schema in schemas(SCHEMA):
        assert set(schema.get(SERVED, [])) <= set(schema.get("enum", schema.get(SERVED, []))), path
        assert all(choice["required"][0] in schema["properties"] for choice in schema.get("oneOf", [])), path
        assert schema.get("maxProperties", 1) == 1, path
        assert "minimum" in schema or "maximum" not in schema, path
        assert all("type" in branch for branch in schema.get("anyOf", [])), path


def test_a_plain_validator_such_as_an_editor_has_accepts_our_examples_too():
    validator = Draft202012Validator(SCHEMA)
    for file in EXAMPLES:
        assert list(validator.iter_errors(value_of(file.read_text()))) == []


@pytest.mark.parametrize("name", ["documented", "gateways", "anchors", "only tracing", "proxy style"])
def test_a_plain_validator_accepts_what_we_accept(name):
    assert list(Draft202012Validator(SCHEMA).iter_errors(value_of(CONFIGS[name]))) == []


@pytest.mark.skipif(
    not PUBLISHED.exists(), reason="the published schema is not beside this clone (../shared/reference)"
)
@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.name)
def test_the_published_schema_accepts_our_examples(file):
    published = Draft202012Validator(json.loads(PUBLISHED.read_text(encoding="utf-8")))
    value = value_of(file.read_text())
    # Our own key, which nobody else knows.
    value.get("config", {}).pop("destinations", None)
    assert [error.message for error in published.iter_errors(value)] == []


@pytest.mark.skipif(
    not PUBLISHED.exists(), reason="the published schema is not beside this clone (../shared/reference)"
)
def test_every_key_of_the_published_schemas_llm_parts_is_known_to_ours():
    published = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    ours = SCHEMA["$defs"]
    pairs = [
        (published, SCHEMA),
        (published["$defs"]["RawConfig"], SCHEMA["properties"]["config"]),
        (published["$defs"]["RawTracing"], SCHEMA["properties"]["config"]["properties"]["tracing"]),
        (published["$defs"]["FilterOrPolicy"], ours["policies"]),
        (published["$defs"]["LocalBackendPolicies"], ours["policies"]),
        (published["$defs"]["LocalGatewayPolicy"], ours["policies"]),
        (published["$defs"]["Policy"], ours["ai"]),
        (published["$defs"]["LocalNamedAIProvider"], ours["target"]),
        (published["$defs"]["LocalListener"], ours["listener"]),
        (published["$defs"]["LocalRoute"], ours["route"]),
        (published["$defs"]["LocalGateway"], ours["gateway"]),
        (published["$defs"]["RouteMatch"], ours["match"]),
        (published["$defs"]["LocalBackendTLS"], ours["backendTLS"]),
        (published["$defs"]["HeaderModifier"], ours["headerModifier"]),
        (published["$defs"]["LocalLLMConfig"], SCHEMA["properties"]["llm"]),
        (published["$defs"]["LocalLLMModels"], ours["model"]),
        (published["$defs"]["LocalLLMParams"], ours["params"]),
        (published["$defs"]["LocalLLMPolicy"], SCHEMA["properties"]["llm"]["properties"]["policies"]),
        (published["$defs"]["LocalFrontendPolicies"], SCHEMA["properties"]["frontendPolicies"]),
    ]
    for theirs, own in pairs:
        assert set(theirs["properties"]) - set(own["properties"]) == set()
    presets = published["$defs"]["ProviderPreset"]["enum"]
    kinds = [name for one in published["$defs"]["AIProvider"]["oneOf"] for name in one["properties"]]
    assert {*presets, *kinds} - set(ours["provider"]["properties"]) == set()
    route_types = {one["const"] for one in published["$defs"]["RouteType"]["oneOf"]}
    assert route_types == set(ours["ai"]["properties"]["routes"]["additionalProperties"]["enum"])
