"""Entra's tokens, from azure-identity talking to endpoints on this machine."""

from __future__ import annotations

import time

import pytest

from agw.config.auths import AzureAuth, AzureIdentity
from agw.config.secret import Secret
from agw.credentials import Outgoing
from agw.credentials.azure import AzureTokens, scope_of
from agw.errors import UpstreamAuthError
from standin_provider.certificate import make_certificate
from support.token_endpoint import token_endpoint

SCOPE = "https://cognitiveservices.azure.com/.default"
REQUEST = Outgoing("POST", "https://x/y", {}, b"{}")
TENANT = "11111111-1111-1111-1111-111111111111"


@pytest.mark.parametrize(
    ("host", "scope"),
    [
        ("my.openai.azure.com", SCOPE),
        ("my.services.ai.azure.com", "https://ai.azure.com/.default"),
        ("", SCOPE),
    ],
)
def test_the_scope_is_the_resources(host, scope):
    assert scope_of(host) == scope


@pytest.fixture
def authority(tmp_path, monkeypatch):
    with token_endpoint({}, make_certificate(tmp_path)) as endpoint:
        base = f"{endpoint.url}/{TENANT}"
        endpoint.answers |= {
            f"/{TENANT}/v2.0/.well-known/openid-configuration": {
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "issuer": f"{base}/v2.0",
            },
            f"/{TENANT}/oauth2/v2.0/token": {"access_token": "eyJ.a", "expires_in": 3600, "token_type": "Bearer"},
        }
        monkeypatch.setenv("AZURE_AUTHORITY_HOST", endpoint.url)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "certificate.pem"))
        yield endpoint


def test_an_application_with_a_secret_gets_a_token_for_its_scope(authority):
    auth = AzureAuth(AzureIdentity.CLIENT_SECRET, TENANT, "app", Secret("s3cret"))
    found = AzureTokens(auth, SCOPE).fetch()
    assert found.ready.headers(REQUEST) == (("authorization", "Bearer eyJ.a"),)
    assert 3500 < found.expires_s - time.time() < 3700
    path, form = authority.asked[-1]
    assert path == f"/{TENANT}/oauth2/v2.0/token"
    assert (form["client_id"], form["client_secret"], form["grant_type"]) == ("app", "s3cret", "client_credentials")
    assert SCOPE in form["scope"]


def test_a_workload_shows_the_token_of_its_cluster(authority, tmp_path, monkeypatch):
    (tmp_path / "token").write_text("cluster-token")
    monkeypatch.setenv("AZURE_FEDERATED_TOKEN_FILE", str(tmp_path / "token"))
    monkeypatch.setenv("AZURE_TENANT_ID", TENANT)
    monkeypatch.setenv("AZURE_CLIENT_ID", "app")
    found = AzureTokens(AzureAuth(AzureIdentity.WORKLOAD), SCOPE).fetch()
    assert found.ready.headers(REQUEST)[0][1] == "Bearer eyJ.a"
    assert authority.asked[-1][1]["client_assertion"] == "cluster-token"


def test_implicit_finds_what_the_environment_says(authority, monkeypatch):
    for name, value in (("AZURE_TENANT_ID", TENANT), ("AZURE_CLIENT_ID", "app"), ("AZURE_CLIENT_SECRET", "s")):
        monkeypatch.setenv(name, value)
    assert AzureTokens(AzureAuth(), SCOPE).fetch().ready.headers(REQUEST)[0][1] == "Bearer eyJ.a"


def test_a_refused_secret_says_so_and_nothing_of_the_answer(authority):
    authority.answers[f"/{TENANT}/oauth2/v2.0/token"] = (
        401,
        {"error": "invalid_client", "error_description": "sekret"},
    )
    auth = AzureAuth(AzureIdentity.CLIENT_SECRET, TENANT, "app", Secret("s3cret"))
    with pytest.raises(UpstreamAuthError) as caught:
        AzureTokens(auth, SCOPE).fetch()
    assert "'clientSecret'" in caught.value.message
    assert "s" + "ekret" not in caught.value.message
    assert "s3cret" not in caught.value.message


@pytest.mark.parametrize(
    ("assigned", "name", "value"),
    [
        (None, None, None),
        (("clientId", "app"), "client_id", "app"),
        (("resourceId", "/subscriptions/1"), "mi_res_id", "/subscriptions/1"),
    ],
)
def test_a_managed_identity_asks_the_machines_own_endpoint(monkeypatch, assigned, name, value):
    answer = {
        "access_token": "eyJ.m",
        "expires_on": str(int(time.time()) + 3600),
        "resource": "r",
        "token_type": "Bearer",
    }
    with token_endpoint({"/token": answer}) as endpoint:
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{endpoint.url}/token")
        monkeypatch.setenv("IDENTITY_HEADER", "h")
        found = AzureTokens(AzureAuth(AzureIdentity.MANAGED, assigned=assigned), SCOPE).fetch()
        query = endpoint.asked[0][1]
    assert found.ready.headers(REQUEST)[0][1] == "Bearer eyJ.m"
    assert query["resource"] == "https://cognitiveservices.azure.com"
    if name is not None:
        assert query.get(name) == value
