"""``backendAuth`` in all its forms (agentgateway.md §1.7)."""

from __future__ import annotations

import json
import sys

import pytest

from agw.config.auths import (
    AwsAuth,
    AwsKeys,
    AwsRole,
    AzureAuth,
    AzureIdentity,
    BackendAuth,
    CopilotAuth,
    GcpAuth,
    Location,
    LocationKind,
    PassthroughAuth,
)
from agw.config.secret import Secret
from support.configs import PROVIDER, only_route, problems, with_route

HEADER = Location(LocationKind.HEADER, "x-token")
APP = "tenant_id: t, client_id: c, client_secret: s"
CAMEL = "tenantId: t, clientId: c, clientSecret: s"


def auth(text: str):
    return only_route(
        with_route(f"policies: {{backendAuth: {text}}}\nbackends: [{{{PROVIDER}}}]")
    ).policies.backend_auth


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("{key: k}", BackendAuth(Secret("k"))),
        ("{key: {value: k, location: {header: {name: x-token}}}}", BackendAuth(Secret("k"), HEADER)),
        ("{passthrough: {}}", PassthroughAuth()),
        ("{passthrough: {location: {header: {name: x-token}}}}", PassthroughAuth(HEADER)),
        ("{gcp: {}}", GcpAuth()),
        ("{gcp: {type: accessToken}}", GcpAuth()),
        ("{gcp: {type: idToken, audience: 'https://a'}}", GcpAuth(True, "https://a")),
        ("{aws: {}}", AwsAuth()),
        ("{aws: {region: us-east-1, serviceName: bedrock-agentcore}}", AwsAuth(None, "us-east-1", "bedrock-agentcore")),
        ("{aws: {accessKeyId: a, secretAccessKey: b}}", AwsAuth(AwsKeys("a", Secret("b")))),
        (
            "{aws: {accessKeyId: a, secretAccessKey: b, sessionToken: c}}",
            AwsAuth(AwsKeys("a", Secret("b"), Secret("c"))),
        ),
        (
            "{aws: {assumeRole: {roleArn: r, sessionName: s, tags: [{key: k, value: v}]}}}",
            AwsAuth(role=AwsRole("r", "s", (("k", "v"),))),
        ),
        ("{azure: {implicit: {}}}", AzureAuth()),
        ("{azure: {}}", AzureAuth()),
        ("{azure: {developerImplicit: {}}}", AzureAuth(AzureIdentity.DEVELOPER)),
        ("{azure: {explicitConfig: {workloadIdentity: {}}}}", AzureAuth(AzureIdentity.WORKLOAD)),
        ("{azure: {explicitConfig: {managedIdentity: {}}}}", AzureAuth(AzureIdentity.MANAGED)),
        (
            "{azure: {explicitConfig: {managedIdentity: {userAssignedIdentity: {objectId: o}}}}}",
            AzureAuth(AzureIdentity.MANAGED, assigned=("objectId", "o")),
        ),
        *(
            (
                "{azure: {explicitConfig: {clientSecret: {%s}}}}" % app,
                AzureAuth(AzureIdentity.CLIENT_SECRET, "t", "c", Secret("s")),
            )
            for app in (APP, CAMEL)
        ),
        ("copilot", CopilotAuth()),
        ("{copilot: {}}", CopilotAuth()),
    ],
)
def test_every_form_is_read(text, found):
    assert auth(text) == found


def test_a_google_credential_is_a_document_from_a_file_or_in_the_text(tmp_path):
    file = tmp_path / "key.json"
    file.write_text('{\n"type": "service_account"\n}\n')
    assert auth(f"{{gcp: {{credential: {{file: {json.dumps(str(file))}}}}}}}") == GcpAuth(
        credential=Secret('{\n"type": "service_account"\n}')
    )


@pytest.mark.parametrize(
    ("library", "extra", "text"),
    [
        ("botocore", "bedrock", "policies: {backendAuth: {aws: {}}}\nbackends: [{%s}]" % PROVIDER),
        ("google.auth", "vertex", "policies: {backendAuth: {gcp: {}}}\nbackends: [{%s}]" % PROVIDER),
        ("azure.identity", "azure", "policies: {backendAuth: {azure: {}}}\nbackends: [{%s}]" % PROVIDER),
        ("botocore", "bedrock", "backends: [{ai: {name: a, provider: {bedrock: {region: r}}}}]"),
        ("google.auth", "vertex", "backends: [{ai: {name: a, provider: {vertex: {projectId: p}}}}]"),
        ("azure.identity", "azure", "backends: [{ai: {name: a, provider: {azure: {resourceName: r}}}}]"),
    ],
)
def test_a_missing_extra_is_named_with_the_command_that_brings_it(monkeypatch, library, extra, text):
    monkeypatch.setitem(sys.modules, library, None)
    (problem,) = problems(with_route(text))
    assert f"needs the extra '{extra}'" in problem.message
    assert problem.hint == f"install it: pip install 'agw[{extra}]'"


def test_a_cloud_with_a_key_needs_no_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "azure.identity", None)
    assert only_route(
        with_route(
            "policies: {backendAuth: {key: k}}\nbackends: [{ai: {name: a, provider: {azure: {resourceName: r}}}}]"
        )
    )
