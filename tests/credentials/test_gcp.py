"""Google's tokens, from google-auth talking to a token endpoint on this machine."""

from __future__ import annotations

import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from agw.config.auths import GcpAuth
from agw.config.secret import Secret
from agw.credentials import Outgoing
from agw.credentials.gcp import GcpTokens
from agw.errors import UpstreamAuthError
from support.token_endpoint import token_endpoint

pytestmark = pytest.mark.filterwarnings("ignore:The load_credentials_from_dict:DeprecationWarning")
REQUEST = Outgoing("POST", "https://x/y", {}, b"{}")


@pytest.fixture(scope="module")
def key() -> str:
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return made.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def account(key: str, url: str) -> str:
    return json.dumps(
        {
            "type": "service_account",
            "client_email": "agw@p.iam.gserviceaccount.com",
            "token_uri": f"{url}/token",
            "private_key": key,
            "private_key_id": "1",
            "project_id": "p",
        }
    )


def test_a_service_account_gets_an_access_token_for_the_cloud_platform(key):
    with token_endpoint({"/token": {"access_token": "ya29.a", "expires_in": 3600}}) as endpoint:
        found = GcpTokens(GcpAuth(credential=Secret(account(key, endpoint.url))), "").fetch()
        assert found.ready.headers(REQUEST) == (("authorization", "Bearer ya29.a"),)
        assert 3500 < found.expires_s - time.time() < 3700
        ((path, form),) = endpoint.asked
        claims = jwt.decode(form["assertion"], options={"verify_signature": False})
        assert (path, claims["scope"]) == ("/token", "https://www.googleapis.com/auth/cloud-platform")
        assert "ya29" not in repr(found)


def test_a_service_account_file_is_found_by_application_default_credentials(key, tmp_path, monkeypatch):
    with token_endpoint({"/token": {"access_token": "ya29.b", "expires_in": 3600}}) as endpoint:
        (tmp_path / "adc.json").write_text(account(key, endpoint.url))
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "adc.json"))
        assert GcpTokens(GcpAuth(), "").fetch().ready.headers(REQUEST)[0][1] == "Bearer ya29.b"


def test_a_persons_credential_is_renewed_by_its_refresh_token(monkeypatch):
    with token_endpoint({"/token": {"access_token": "ya29.c", "expires_in": 3600}}) as endpoint:
        person = {"type": "authorized_user", "client_id": "c", "client_secret": "s", "refresh_token": "r"}
        tokens = GcpTokens(GcpAuth(credential=Secret(json.dumps({**person, "token_uri": f"{endpoint.url}/token"}))), "")
        monkeypatch.setattr("google.oauth2.credentials._GOOGLE_OAUTH2_TOKEN_ENDPOINT", f"{endpoint.url}/token")
        assert tokens.fetch().ready.headers(REQUEST)[0][1] == "Bearer ya29.c"
        assert endpoint.asked[0][1]["refresh_token"] == "r"


def test_an_id_token_is_for_its_audience_or_else_for_the_upstream(key):
    def issued(audience):
        return jwt.encode({"aud": audience, "exp": int(time.time()) + 3600, "iat": 1}, "k" * 32, algorithm="HS256")

    for auth_audience, asked in ((None, "https://up.example"), ("https://mine", "https://mine")):
        token = issued(asked)
        with token_endpoint({"/token": {"id_token": token}}) as endpoint:
            credential = Secret(account(key, endpoint.url))
            auth = GcpAuth(id_token=True, audience=auth_audience, credential=credential)
            found = GcpTokens(auth, "https://up.example").fetch()
            assert found.ready.headers(REQUEST)[0][1] == f"Bearer {token}"
            assertion = endpoint.asked[0][1]["assertion"]
            assert jwt.decode(assertion, options={"verify_signature": False})["target_audience"] == asked


@pytest.mark.parametrize("answer", [(400, {"error": "invalid_grant", "error_description": "sekret"}), (200, {})])
def test_a_refusal_says_so_and_not_what_was_sent_or_answered(key, answer):
    with token_endpoint({"/token": answer}) as endpoint, pytest.raises(UpstreamAuthError) as caught:
        GcpTokens(GcpAuth(credential=Secret(account(key, endpoint.url))), "").fetch()
    assert "Google gave no token" in caught.value.message
    assert "sekret" not in caught.value.message
    assert "PRIVATE" not in caught.value.message


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"type": "service_account"}', "not json", "3"])
def test_a_credential_that_is_none_is_told(text):
    with pytest.raises(UpstreamAuthError):
        GcpTokens(GcpAuth(credential=Secret(text)), "").fetch()


def test_no_credential_at_all_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "")
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    with pytest.raises(UpstreamAuthError, match="gcloud auth application-default login"):
        GcpTokens(GcpAuth(), "").fetch()
