"""Who is let in, who is not, and what is said to them: the policies on clients, one by one and together."""

from __future__ import annotations

import base64
import hashlib
import json
import time

import bcrypt
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from agw.cel import compile_expression
from agw.config.auths import Location, LocationKind
from agw.config.client_auth import KEY_PLACES
from agw.config.clients import (
    ApiKey,
    ApiKeyPolicy,
    Authorization,
    BasicAuthPolicy,
    ClientPolicies,
    Cors,
    DirectResponse,
    Jwks,
    JwtIssuer,
    JwtPolicy,
    Mode,
    RateLimit,
    Redirect,
    Transformation,
    Transformations,
    Unit,
)
from agw.config.secret import Secret
from agw.config.snapshot import PathKind, PathMatch
from agw.errors import AnswerError, Forbidden, RateLimited, Unauthorized
from agw.policies.admission import Admitted, LocalAnswer
from agw.policies.facts import RequestView
from agw.policies.gate import ClientGate
from agw.policies.key_sets import KeySet
from agw.policies.presented import strip
from agw.policies.rate_limit import Buckets

MATCHED = PathMatch(PathKind.PREFIX, "")


def gate(**policies) -> ClientGate:
    return ClientGate(ClientPolicies(**policies), key_set=KeySet, buckets=lambda limits: Buckets(limits, 0.0))


def view(method="POST", target="/v1/chat/completions", body=None, **headers) -> RequestView:
    named = {name.replace("_", "-"): [value] for name, value in headers.items()}
    return RequestView(method, target, "gw.example.com:3000", named, client_address="10.0.0.1", body=lambda: body)


def admitted(one: ClientGate, seen: RequestView, now_s=0.0) -> Admitted:
    found = one.check(seen, now_s, MATCHED)
    assert isinstance(found, Admitted)
    return found


def refused(one: ClientGate, seen: RequestView, now_s=0.0) -> AnswerError:
    with pytest.raises(AnswerError) as raised:
        one.check(seen, now_s, MATCHED)
    return raised.value


def keyed(mode=Mode.STRICT, places=KEY_PLACES, **more) -> ClientGate:
    key = ApiKey(Secret(hashlib.sha256(b"sk-right").hexdigest()), {"user": "jo"}, **more)
    return gate(api_key=ApiKeyPolicy((key,), mode, places))


# --- API keys


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": "Bearer sk-right"},
        {"authorization": "bearer sk-right"},
        {"x_api_key": "sk-right"},
        {"api_key": "sk-right"},
        {"x_goog_api_key": "sk-right"},
        {"authorization": "Bearer sk-wrong", "x_api_key": "sk-right"},
    ],
)
def test_a_known_key_is_let_in_wherever_the_providers_sdks_put_it(headers):
    found = admitted(keyed(), view(**headers))
    assert found.claims.api_key == {"user": "jo"}
    assert len(found.credentials) == 1


@pytest.mark.parametrize(
    ("mode", "headers", "passes"),
    [
        (Mode.STRICT, {}, False),
        (Mode.STRICT, {"authorization": "Bearer sk-wrong"}, False),
        (Mode.STRICT, {"authorization": "Basic sk-right"}, False),
        (Mode.OPTIONAL, {}, True),
        (Mode.OPTIONAL, {"authorization": "Bearer sk-wrong"}, False),
        (Mode.PERMISSIVE, {"authorization": "Bearer sk-wrong"}, True),
    ],
)
def test_the_mode_says_who_needs_a_key(mode, headers, passes):
    if passes:
        found = admitted(keyed(mode), view(**headers))
        assert found.claims.api_key is None
        assert found.credentials == ()
    else:
        error = refused(keyed(mode), view(**headers))
        assert isinstance(error, Unauthorized)
        assert "sk-" not in str(error)


@pytest.mark.parametrize(
    ("place", "target", "headers", "left_target", "left_headers"),
    [
        (Location(LocationKind.HEADER, "x-key", "Key "), "/a", {"x_key": "Key sk-right"}, "/a", {}),
        (Location(LocationKind.QUERY, "key"), "/a?b=1&key=sk%2Dright&c", {}, "/a?b=1&c", {}),
        (Location(LocationKind.QUERY, "key"), "/a?key=sk-right", {}, "/a", {}),
        (
            Location(LocationKind.COOKIE, "key"),
            "/a",
            {"cookie": "x=1; key=sk-right; y=2"},
            "/a",
            {"cookie": "x=1; y=2"},
        ),
        (Location(LocationKind.COOKIE, "key"), "/a", {"cookie": "key=sk-right"}, "/a", {}),
    ],
)
def test_a_key_is_read_at_its_place_and_goes_no_further(place, target, headers, left_target, left_headers):
    from mitmproxy.http import Headers

    found = admitted(keyed(places=(place,)), view(target=target, **headers))
    sent = Headers([(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()])
    assert strip(sent, target, found.credentials) == left_target
    assert dict(sent) == left_headers


@pytest.mark.parametrize(
    ("patterns", "model", "passes"),
    [
        (None, "gpt-4o", True),
        (("gpt-*",), "gpt-4o", True),
        (("gpt-4o", "*-mini"), "o1-mini", True),
        (("gpt-*",), "claude-3", False),
        ((), "gpt-4o", False),
        (("gpt-*",), None, False),
    ],
)
def test_a_key_may_be_held_to_some_models(patterns, model, passes):
    found = admitted(keyed(allowed_models=patterns), view(authorization="Bearer sk-right"))
    if passes:
        found.check_model(model)
    else:
        with pytest.raises(Forbidden):
            found.check_model(model)


# --- users and passwords


def users(mode=Mode.STRICT) -> ClientGate:
    hashed = bcrypt.hashpw(b"open sesame", bcrypt.gensalt(4)).decode()
    sha = "{SHA}" + base64.b64encode(hashlib.sha1(b"old").digest()).decode()
    return gate(basic_auth=BasicAuthPolicy((("jo", Secret(hashed)), ("al", Secret(sha))), "models", mode))


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("user", "passes"),
    [
        ("jo:open sesame", True),
        ("al:old", True),
        ("jo:old", False),
        ("xx:old", False),
        ("jo", False),
        ("jo:" + "x" * 100, False),
    ],
)
def test_a_password_is_held_against_its_hash(user, passes):
    if passes:
        assert admitted(users(), view(authorization=basic(user))).claims.basic_auth == {"username": user[:2]}
    else:
        error = refused(users(), view(authorization=basic(user)))
        assert dict(error.headers) == {"www-authenticate": 'Basic realm="models", charset="UTF-8"'}


def test_a_slow_hash_is_a_job_for_a_thread_once_and_then_remembered():
    one = users()
    seen = view(authorization=basic("jo:open sesame"))
    job = one.slow_check(seen, 0.0)
    assert job is not None
    job()
    assert one.slow_check(seen, 1.0) is None
    assert admitted(one, seen, 1.0).claims.basic_auth == {"username": "jo"}
    assert one.slow_check(seen, 1e4) is not None
    assert one.slow_check(view(), 0.0) is None
    assert one.slow_check(view(authorization="Basic !"), 0.0) is None


def test_without_a_password_only_a_strict_config_refuses():
    assert isinstance(refused(users(), view()), Unauthorized)
    assert admitted(users(Mode.OPTIONAL), view()).claims.basic_auth is None
    assert isinstance(refused(users(Mode.OPTIONAL), view(authorization="Basic !!")), Unauthorized)


# --- tokens

RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC = ec.generate_private_key(ec.SECP256R1())
OTHER = ec.generate_private_key(ec.SECP256R1())


def jwks(*keys) -> Jwks:
    found = []
    for kid, key in keys:
        kind = jwt.algorithms.RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else jwt.algorithms.ECAlgorithm
        found.append({**json.loads(kind.to_jwk(key.public_key())), "kid": kid})
    return Jwks(text=json.dumps({"keys": found}))


def token(key=RSA, algorithm="RS256", kid="r", **claims) -> str:
    said = {"iss": "https://issuer", "aud": "gw", "sub": "jo", "exp": int(time.time()) + 3600, **claims}
    headers = None if kid is None else {"kid": kid}
    return "Bearer " + jwt.encode({name: one for name, one in said.items() if one is not None}, key, algorithm, headers)


ISSUER = JwtIssuer("https://issuer", jwks(("r", RSA), ("e", EC)), ("gw",))


def tokens(mode=Mode.STRICT, *issuers) -> ClientGate:
    return gate(jwt_auth=JwtPolicy(issuers or (ISSUER,), mode))


@pytest.mark.parametrize(
    "held",
    [token(), token(EC, "ES256", "e"), token(kid=None), token(aud=["x", "gw"])],
)
def test_a_signed_token_says_who_it_is(held):
    found = admitted(tokens(), view(authorization=held))
    assert found.claims.jwt["sub"] == "jo"
    assert [one.name for one in found.credentials] == ["authorization"]


def test_an_issuers_clock_may_be_a_little_off():
    admitted(tokens(), view(authorization=token(exp=int(time.time()) - 30)))
    admitted(tokens(), view(authorization=token(nbf=int(time.time()) + 30)))


@pytest.mark.parametrize(
    ("held", "reason"),
    [
        (token(exp=int(time.time()) - 120), "expired"),
        (token(nbf=int(time.time()) + 86_400), "not valid yet"),
        (token(exp=None), "missing"),
        (token(aud="other"), "somebody else"),
        (token(aud=None), "missing"),
        (token(iss="https://other"), "another issuer"),
        (token(OTHER, "ES256", "e"), "signature"),
        (token(kid="unknown"), "not known"),
        (token("x" * 32, "HS256", "r"), "can be read"),
        ("Bearer " + jwt.encode({"iss": "https://issuer", "aud": "gw", "exp": 9e9}, None, "none"), "can be read"),
        ("Bearer not.a.token", "can be read"),
        ("Bearer " + "x" * 20_000, "can be read"),
    ],
)
def test_a_token_that_does_not_hold_is_refused_with_a_reason_and_without_its_text(held, reason):
    error = refused(tokens(), view(authorization=held))
    assert isinstance(error, Unauthorized)
    assert reason in str(error)
    assert held[-20:] not in str(error)
    assert dict(error.headers) == {"www-authenticate": "Bearer"}
    assert admitted(tokens(Mode.PERMISSIVE), view(authorization=held)).claims.jwt is None


def test_a_public_key_cannot_be_taken_for_a_shared_secret():
    public = json.loads(jwks(("r", RSA)).text or "")["keys"][0]["n"]
    forged = jwt.encode({"iss": "https://issuer", "aud": "gw", "exp": 9e9}, public, "HS256", {"kid": "r"})
    assert isinstance(refused(tokens(), view(authorization=f"Bearer {forged}")), Unauthorized)


def test_several_issuers_each_with_its_own_keys():
    other = JwtIssuer("https://second", jwks(("e", OTHER)))
    both = tokens(Mode.STRICT, ISSUER, other)
    assert admitted(both, view(authorization=token())).claims.jwt is not None
    assert (
        admitted(both, view(authorization=token(OTHER, "ES256", "e", iss="https://second", aud=None))).claims.jwt
        is not None
    )
    assert isinstance(refused(both, view(authorization=token(OTHER, "ES256", "e"))), Unauthorized)


def test_a_key_set_is_fetched_off_the_loop_and_stays_when_its_issuer_is_down():
    answers = [jwks(("r", RSA)).text or ""]
    keys = KeySet(Jwks(url="https://issuer/jwks.json"), lambda url: answers.pop() if answers else json.loads("{"))
    deadline = time.monotonic() + 5
    while not keys.keys and time.monotonic() < deadline:
        time.sleep(0.01)
    assert [one.key_id for one in keys.keys] == ["r"]
    keys._load()
    assert [one.key_id for one in keys.keys] == ["r"]
    keys.close()


# --- rules


def ruled(allow=(), deny=(), require=()) -> ClientGate:
    def compiled(rules):
        return tuple(compile_expression(one) for one in rules)

    return gate(authorization=Authorization(compiled(allow), compiled(deny), compiled(require)))


@pytest.mark.parametrize(
    ("rules", "passes"),
    [
        ({}, True),
        ({"allow": ['request.headers["x-team"] == "red"']}, True),
        ({"allow": ['request.headers["x-team"] == "blue"']}, False),
        ({"allow": ["false", 'request.method == "POST"']}, True),
        ({"allow": ["jwt.sub == 'jo'"]}, False),
        ({"deny": ['request.headers["x-team"] == "red"']}, False),
        ({"deny": ["jwt.sub == 'jo'"]}, True),
        ({"allow": ["true"], "deny": ["true"]}, False),
        ({"require": ['source.address == "10.0.0.1"', "llm.requestModel == 'gpt-4o'"]}, True),
        ({"require": ["true", "jwt.sub == 'jo'"]}, False),
        ({"allow": ["1"]}, False),
        ({"allow": ["llmRequest.messages.size() == 0"]}, True),
    ],
)
def test_rules_allow_deny_and_require(rules, passes):
    seen = view(x_team="red", body={"model": "gpt-4o", "messages": []})
    if passes:
        admitted(ruled(**rules), seen)
    else:
        assert isinstance(refused(ruled(**rules), seen), Forbidden)


def test_a_rule_reads_what_the_key_says():
    key = ApiKey(Secret(hashlib.sha256(b"k").hexdigest()), {"team": "red"})
    rules = Authorization((compile_expression('apiKey.team == "red"'),))
    both = gate(api_key=ApiKeyPolicy((key,), Mode.OPTIONAL, KEY_PLACES), authorization=rules)
    admitted(both, view(authorization="Bearer k"))
    assert isinstance(refused(both, view()), Forbidden)


# --- CORS

PREFLIGHT = {"method": "OPTIONS", "access_control_request_method": "POST"}


def shared(**more) -> ClientGate:
    return gate(
        cors=Cors(
            **{
                "allow_origins": ("https://app.example.com", "https://*.dev.example.com"),
                "allow_methods": ("GET", "POST"),
                "allow_headers": ("content-type",),
                **more,
            }
        )
    )


def test_a_preflight_is_answered_without_anybody_else():
    key = ApiKeyPolicy((), Mode.STRICT, KEY_PLACES)
    one = gate(api_key=key, cors=Cors(("https://app.example.com",), ("POST",), ("x-a", "x-b"), max_age_s=600))
    found = one.check(view(origin="https://app.example.com", **PREFLIGHT), 0, MATCHED)
    assert isinstance(found, LocalAnswer)
    assert (found.status, dict(found.headers)) == (
        204,
        {
            "access-control-allow-origin": "https://app.example.com",
            "vary": "Origin",
            "access-control-allow-methods": "POST",
            "access-control-allow-headers": "x-a, x-b",
            "access-control-max-age": "600",
        },
    )
    error = refused(one, view(origin="https://app.example.com"))
    assert ("access-control-allow-origin", "https://app.example.com") in error.headers


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("https://app.example.com", True),
        ("https://APP.example.com", True),
        ("https://a.dev.example.com", True),
        ("https://evil.com/.dev.example.com", False),
        ("https://app.example.com.evil.com", False),
        ("http://app.example.com", False),
        ("null", False),
    ],
)
def test_only_origins_that_are_listed_may_read_answers(origin, allowed):
    found = admitted(shared(expose_headers=("x-id",)), view(origin=origin))
    names = dict(found.answer_headers)
    assert (names.get("access-control-allow-origin") == origin) is allowed
    assert ("access-control-expose-headers" in names) is allowed
    answer = shared().check(view(origin=origin, **PREFLIGHT), 0, MATCHED)
    assert isinstance(answer, LocalAnswer)
    assert ("access-control-allow-origin" in dict(answer.headers)) is allowed


def test_everybody_may_but_never_as_a_star_together_with_credentials():
    assert admitted(shared(allow_origins=("*",)), view(origin="https://x")).answer_headers == (
        ("access-control-allow-origin", "*"),
    )
    named = dict(
        admitted(shared(allow_origins=("*",), allow_credentials=True), view(origin="https://x")).answer_headers
    )
    assert named == {
        "access-control-allow-origin": "https://x",
        "vary": "Origin",
        "access-control-allow-credentials": "true",
    }
    assert admitted(shared(), view()).answer_headers == ()


# --- limits


def test_calls_beyond_the_bucket_are_told_when_to_come_again():
    one = gate(rate_limits=(RateLimit(2, 1, 10.0),))
    assert dict(admitted(one, view(), 0.0).answer_headers) == {
        "x-ratelimit-limit": "2",
        "x-ratelimit-remaining": "1",
        "x-ratelimit-reset": "0",
    }
    admitted(one, view(), 0.0)
    error = refused(one, view(), 3.5)
    assert isinstance(error, RateLimited)
    assert dict(error.headers) == {
        "x-ratelimit-limit": "2",
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": "7",
        "retry-after": "7",
    }
    admitted(one, view(), 10.0)
    assert isinstance(refused(one, view(), 10.0), RateLimited)


def test_tokens_are_drawn_when_the_call_has_ended():
    one = gate(rate_limits=(RateLimit(100, 100, 60.0, Unit.TOKENS),))
    first, second = admitted(one, view(), 0.0), admitted(one, view(), 0.0)
    first.spend(90, 1.0)
    third = admitted(one, view(), 1.0)
    second.spend(500, 2.0)
    assert isinstance(refused(one, view(), 2.0), RateLimited)
    third.spend(5, 3.0)
    admitted(one, view(), 60.0)


def test_a_refused_call_draws_nothing_from_the_other_buckets():
    one = gate(rate_limits=(RateLimit(5, 5, 60.0), RateLimit(1, 1, 60.0, Unit.TOKENS)))
    admitted(one, view()).spend(1, 0.0)
    for _ in range(10):
        assert isinstance(refused(one, view()), RateLimited)
    assert dict(admitted(one, view(), 60.0).answer_headers)["x-ratelimit-remaining"] in ("4", "1")


# --- answers of the gateway's own, and changes


@pytest.mark.parametrize(
    ("redirect", "target", "location"),
    [
        (Redirect(scheme="https"), "/a?b=1", "https://gw.example.com/a?b=1"),
        (Redirect(host="other.example.com"), "/a", "http://other.example.com/a"),
        (Redirect(host="other.example.com", port=8080), "/a", "http://other.example.com:8080/a"),
        (Redirect(path_full="/new"), "/a?b=1", "http://gw.example.com:3000/new?b=1"),
        (Redirect(path_prefix="/v2"), "/v1/chat", "http://gw.example.com:3000/v2/chat"),
        (Redirect(path_prefix=""), "/v1", "http://gw.example.com:3000/"),
    ],
)
def test_a_redirect_names_the_place_to_go_to(redirect, target, location):
    found = gate(redirect=redirect).check(view(target=target), 0, PathMatch(PathKind.PREFIX, "/v1"))
    assert found == LocalAnswer(302, (("location", location),))


def test_a_direct_response_is_given_as_written():
    found = gate(direct_response=DirectResponse(418, b"tea")).check(view(), 0, MATCHED)
    assert found == LocalAnswer(418, (("content-type", "text/plain; charset=utf-8"),), b"tea")
    said = DirectResponse(
        200,
        b"",
        compile_expression('{"path": request.path}'),
        (("x-a", compile_expression("request.method")), ("content-type", compile_expression('"application/json"'))),
    )
    found = gate(direct_response=said).check(view(target="/p"), 0, MATCHED)
    assert found == LocalAnswer(200, (("x-a", "POST"), ("content-type", "application/json")), b'{"path":"/p"}')


def test_headers_and_body_are_changed_by_expressions():
    change = Transformation(
        add=(("x-add", compile_expression("request.method")), ("x-none", compile_expression("jwt.sub"))),
        set=(("x-set", compile_expression('request.headers["x-team"]')), ("x-gone", compile_expression("jwt.sub"))),
        remove=("x-old",),
        body=compile_expression('toJson(json(request.body).merge({"user": request.headers["x-team"]}))'),
        metadata=(("team", compile_expression('request.headers["x-team"]')),),
    )
    found = admitted(gate(transformations=Transformations(change)), view(x_team="red", body={"model": "m"}))
    assert found.request_headers.remove == ("x-old", "x-gone")
    assert found.request_headers.set == (("x-set", "red"),)
    assert found.request_headers.add == (("x-add", "POST"),)
    assert json.loads(found.body) == {"model": "m", "user": "red"}
    assert found.metadata == {"team": "red"}


def test_nothing_that_a_client_sends_can_begin_a_header_of_its_own():
    change = Transformation(set=(("x-a", compile_expression("llmRequest.user")),))
    one = gate(transformations=Transformations(change))
    found = admitted(one, view(body={"user": "jo\r\nx-admin: 1"}))
    assert found.request_headers.set == ()
    assert found.request_headers.remove == ("x-a",)
