"""SigV4 against AWS's published vectors and botocore's own client; credentials from every place of the chain."""

from __future__ import annotations

import datetime
from urllib.parse import quote

import pytest
from botocore.credentials import Credentials as BotoCredentials
from hypothesis import given
from hypothesis import strategies as st

from agw.config.auths import AwsAuth, AwsKeys, AwsRole
from agw.config.secret import Secret
from agw.credentials import Outgoing
from agw.credentials.aws import RECHECK_S, AwsCredentials, SigV4
from agw.errors import UpstreamAuthError
from support.token_endpoint import token_endpoint

KEYS = AwsKeys("AKIDEXAMPLE", Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"))
NO_AWS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
)


@pytest.fixture(autouse=True)
def nothing_of_this_machine(monkeypatch, tmp_path):
    for name in NO_AWS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def in_2015(monkeypatch):
    """The instant of AWS's test vectors."""
    instant = datetime.datetime(2015, 8, 30, 12, 36, 0)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda *_, **__: instant)


def signature(region="us-east-1", service="service", keys=KEYS):
    return AwsCredentials(AwsAuth(keys=keys, service=service), region, lambda: 0.0).fetch().ready


@pytest.mark.parametrize(
    ("method", "target", "expected"),
    [
        # get-vanilla, post-vanilla and get-vanilla-query of AWS's Signature Version 4 test suite
        ("GET", "/", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("POST", "/", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
        ("GET", "/?Param2=value2&Param1=value1", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"),
    ],
)
def test_the_published_vectors_are_met(in_2015, method, target, expected):
    request = Outgoing(method, f"https://example.amazonaws.com{target}", {"user-agent": "x", "accept": "y"}, b"")
    headers = dict(signature().headers(request))
    assert headers["authorization"] == (
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        f"SignedHeaders=host;x-amz-date, Signature={expected}"
    )
    assert headers["x-amz-date"] == "20150830T123600Z"
    assert set(headers) == {"authorization", "x-amz-date"}


@given(body=st.binary(max_size=200), model=st.text(min_size=1, max_size=30), token=st.booleans())
def test_a_bedrock_call_is_signed_as_botocores_own_client_signs_it(body, model, token):
    """The model is any text: an ARN's colons and slashes must be counted alike on both sides."""
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest

    url = f"https://bedrock-runtime.us-east-1.amazonaws.com/model/{quote(model, safe='')}/converse"
    keys = AwsKeys(KEYS.access_key_id, KEYS.secret_access_key, Secret("session") if token else None)
    theirs = AWSRequest("POST", url, {"content-type": "application/json"}, body)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.auth.get_current_datetime", lambda *_, **__: datetime.datetime(2026, 1, 1))
        held = BotoCredentials(KEYS.access_key_id, KEYS.secret_access_key.reveal(), "session" if token else None)
        SigV4Auth(held, "bedrock", "us-east-1").add_auth(theirs)
        request = Outgoing("POST", url, {"content-type": "application/json", "x-amz-date": "old"}, body)
        ours = dict(signature(service="bedrock", keys=keys).headers(request))
    assert ours["authorization"] == theirs.headers["Authorization"]
    assert ours.get("x-amz-security-token") == ("session" if token else None)


def test_keys_of_the_environment_and_the_region_of_the_target_are_used(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAENV")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    found = AwsCredentials(AwsAuth(), "eu-west-1", lambda: 50.0).fetch()
    assert isinstance(found.ready, SigV4)
    assert (found.ready.credentials.access_key, found.ready.region, found.ready.service) == (
        "AKIAENV",
        "eu-west-1",
        "bedrock",
    )
    assert found.expires_s == 50.0 + RECHECK_S
    assert "AKIAENV" not in repr(found)


def test_the_configs_region_wins_and_the_environments_comes_last(monkeypatch):
    assert (
        AwsCredentials(AwsAuth(KEYS, region="us-west-2"), "eu-west-1", lambda: 0.0).fetch().ready.region == "us-west-2"
    )
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-south-1")
    assert AwsCredentials(AwsAuth(KEYS), None, lambda: 0.0).fetch().ready.region == "ap-south-1"
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    with pytest.raises(UpstreamAuthError, match=r"backendAuth\.aws\.region"):
        AwsCredentials(AwsAuth(KEYS), None, lambda: 0.0).fetch()


def test_a_profile_of_the_shared_file_is_found(tmp_path):
    (tmp_path / "credentials").write_text("[default]\naws_access_key_id = AKIAFILE\naws_secret_access_key = s\n")
    assert AwsCredentials(AwsAuth(), "r", lambda: 0.0).fetch().ready.credentials.access_key == "AKIAFILE"


def test_a_containers_endpoint_gives_credentials(monkeypatch):
    answer = {"AccessKeyId": "AKIACON", "SecretAccessKey": "s", "Token": "t", "Expiration": "2099-01-01T00:00:00Z"}
    with token_endpoint({"/get": answer}) as endpoint:
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{endpoint.url}/get")
        found = AwsCredentials(AwsAuth(), "r", lambda: 0.0).fetch().ready.credentials
    assert (found.access_key, found.token) == ("AKIACON", "t")


ASSUMED = """<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
<AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>s2</SecretAccessKey><SessionToken>t2</SessionToken>
<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"""
DENIED = """<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>
<Code>AccessDenied</Code><Message>User sekret is not authorized</Message></Error></ErrorResponse>"""


def test_a_role_is_assumed_with_its_session_name_and_tags(monkeypatch):
    with token_endpoint({"/": ASSUMED}) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", endpoint.url)
        role = AwsRole("arn:aws:iam::1:role/r", "team-a", (("team", "a"),))
        found = AwsCredentials(AwsAuth(KEYS, role=role), "us-east-1", lambda: 0.0).fetch()
        ((_, form),) = endpoint.asked
    assert (found.ready.credentials.access_key, found.ready.credentials.token) == ("ASIAROLE", "t2")
    assert found.expires_s == datetime.datetime(2099, 1, 1, tzinfo=datetime.UTC).timestamp()
    assert (form["Action"], form["RoleArn"], form["RoleSessionName"]) == ("AssumeRole", role.arn, "team-a")
    assert (form["Tags.member.1.Key"], form["Tags.member.1.Value"]) == ("team", "a")


def test_a_role_that_is_denied_says_so_and_nothing_of_the_answer(monkeypatch):
    with token_endpoint({"/": (403, DENIED)}) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", endpoint.url)
        with pytest.raises(UpstreamAuthError) as caught:
            AwsCredentials(AwsAuth(KEYS, role=AwsRole("arn:aws:iam::1:role/r")), "us-east-1", lambda: 0.0).fetch()
    assert "AccessDenied" in caught.value.message
    assert "sekret" not in caught.value.message


def test_no_credentials_at_all_say_where_they_were_looked_for():
    with pytest.raises(UpstreamAuthError, match="environment, profile, container or instance"):
        AwsCredentials(AwsAuth(), "r", lambda: 0.0).fetch()
