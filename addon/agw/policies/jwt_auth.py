"""``jwtAuth``: tokens that an issuer has signed.

Only signatures that a public key verifies count: with a shared secret, whoever can check a token can make one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jwt

from agw.config.clients import Jwks, JwtIssuer, JwtPolicy, Mode
from agw.errors import Unauthorized
from agw.policies.facts import RequestView
from agw.policies.key_sets import KeySet
from agw.policies.presented import presented

ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"})
LEEWAY_S = 60
"""How far an issuer's clock may be off."""
MAX_TOKEN = 16_384
"""Characters."""


@dataclass(frozen=True, slots=True)
class _Issuer:
    policy: JwtIssuer
    keys: KeySet


class JwtAuth:
    """``key_set`` gives the set of each issuer; sets are shared and outlive a config."""

    def __init__(self, policy: JwtPolicy, key_set: Callable[[Jwks], KeySet]) -> None:
        self._policy = policy
        self._issuers = [_Issuer(one, key_set(one.jwks)) for one in policy.issuers]

    def check(self, view: RequestView) -> tuple[str, Mapping[str, Any]] | None:
        """The token and its claims; raises Unauthorized."""
        token = presented(view, self._policy.place)
        if token is None:
            if self._policy.mode is Mode.STRICT:
                raise Unauthorized("jwt authentication failure: no token was sent", _CHALLENGE)
            return None
        try:
            return token, self._claims(token)
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            if self._policy.mode is Mode.PERMISSIVE:
                return None
            raise Unauthorized(f"jwt authentication failure: {_reason(error)}", _CHALLENGE) from None

    def _claims(self, token: str) -> Mapping[str, Any]:
        if len(token) > MAX_TOKEN:
            raise jwt.DecodeError
        header = jwt.get_unverified_header(token)
        said = jwt.decode(token, options={"verify_signature": False}).get("iss")
        failure: Exception = jwt.InvalidIssuerError()
        for issuer in self._issuers:
            if issuer.policy.issuer is not None and issuer.policy.issuer != said:
                continue
            failure = jwt.InvalidKeyError()
            keys = _fitting(issuer.keys.keys, header.get("kid"))
            if not keys:
                issuer.keys.miss()
            for key in keys:
                try:
                    return _verified(token, key, issuer.policy)
                except jwt.InvalidSignatureError as error:
                    failure = error
        raise failure


def _fitting(keys: Sequence[jwt.PyJWK], key_id: object) -> list[jwt.PyJWK]:
    usable = [one for one in keys if one.algorithm_name in ALGORITHMS]
    return [one for one in usable if one.key_id == key_id] if key_id is not None else usable


def _verified(token: str, key: jwt.PyJWK, issuer: JwtIssuer) -> Mapping[str, Any]:
    required = {*issuer.required_claims, *(["iss"] if issuer.issuer else []), *(["aud"] if issuer.audiences else [])}
    claims: Mapping[str, Any] = jwt.decode(
        token,
        key=key,
        algorithms=[key.algorithm_name],
        audience=list(issuer.audiences) or None,
        issuer=issuer.issuer,
        leeway=LEEWAY_S,
        options={"require": sorted(required), "verify_aud": bool(issuer.audiences), "verify_iss": bool(issuer.issuer)},
    )
    return claims


_CHALLENGE = (("www-authenticate", "Bearer"),)
_REASONS: tuple[tuple[type[Exception], str], ...] = (
    (jwt.ExpiredSignatureError, "the token has expired"),
    (jwt.ImmatureSignatureError, "the token is not valid yet"),
    (jwt.InvalidAudienceError, "the token is for somebody else"),
    (jwt.InvalidIssuerError, "the token is from another issuer"),
    (jwt.MissingRequiredClaimError, "a claim that must be there is missing"),
    (jwt.InvalidKeyError, "the token's key is not known here"),
    (jwt.InvalidSignatureError, "the signature does not fit"),
)


def _reason(error: Exception) -> str:
    """Never the library's own words: they may quote the token."""
    return next((text for kind, text in _REASONS if isinstance(error, kind)), "it is not a token that can be read")
