"""The policies on clients of one route, asked in the reference's order (agentgateway.md §1.6)::

    cors preflight ──► answer
    jwtAuth ► basicAuth ► apiKey ► authorization ► localRateLimit ► transformations ► requestRedirect, directResponse

``hooks/admit.py`` asks it between routing and the choice of a backend.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from agw.cel import Variables
from agw.config.auths import Location
from agw.config.clients import ClientPolicies, Jwks, RateLimit, Transformation
from agw.config.snapshot import PathMatch
from agw.errors import AnswerError
from agw.policies.admission import Admitted, Headers, LocalAnswer
from agw.policies.api_keys import ApiKeys
from agw.policies.basic_auth import BasicAuth
from agw.policies.cors import CorsPolicy
from agw.policies.facts import RequestView, variables_before
from agw.policies.jwt_auth import JwtAuth
from agw.policies.key_sets import KeySet
from agw.policies.local_answers import direct, redirected
from agw.policies.rate_limit import Buckets
from agw.policies.rules import authorize
from agw.policies.transform import header_changes, text_of
from agw.record.transient import Claims


class ClientGate:
    """``buckets`` and ``key_set`` give what outlives a config: how full a bucket is, and the keys of an issuer."""

    def __init__(
        self,
        policies: ClientPolicies,
        *,
        key_set: Callable[[Jwks], KeySet],
        buckets: Callable[[tuple[RateLimit, ...]], Buckets],
    ) -> None:
        self._policies = policies
        self._cors = CorsPolicy(policies.cors) if policies.cors else None
        self._jwt = JwtAuth(policies.jwt_auth, key_set) if policies.jwt_auth else None
        self._basic = BasicAuth(policies.basic_auth) if policies.basic_auth else None
        self._keys = ApiKeys(policies.api_key) if policies.api_key else None
        self._buckets = buckets(policies.rate_limits) if policies.rate_limits else None

    @property
    def response(self) -> Transformation | None:
        """What is changed in answers."""
        both = self._policies.transformations
        return None if both is None else both.response

    def slow_check(self, view: RequestView, now_s: float) -> Callable[[], None] | None:
        """What ``check`` would be slow at, to be run in a thread before it; mostly None."""
        return None if self._basic is None else self._basic.slow_check(view, now_s)

    def check(self, view: RequestView, now_s: float, matched: PathMatch) -> Admitted | LocalAnswer:
        """``now_s`` is a clock that does not run backwards. Raises AnswerError, whose headers go on the answer."""
        cors: Headers = ()
        if self._cors is not None:
            preflight = self._cors.preflight(view)
            if preflight is not None:
                return preflight
            cors = self._cors.headers(view)
        try:
            found = self._admit(view, now_s, matched)
        except AnswerError as error:
            # Else a browser would hide from its page why it was refused.
            error.headers = (*error.headers, *cors)
            raise
        if isinstance(found, LocalAnswer):
            return replace(found, headers=(*found.headers, *cors))
        found.answer_headers = (*cors, *found.answer_headers)
        return found

    def _admit(self, view: RequestView, now_s: float, matched: PathMatch) -> Admitted | LocalAnswer:
        policies = self._policies
        admitted = self._authenticated(view, now_s)
        variables = variables_before(view, admitted.claims)
        if policies.authorization is not None:
            authorize(policies.authorization, variables)
        if self._buckets is not None:
            admitted.answer_headers = self._buckets.admit(now_s)
            admitted.spend = self._buckets.spend
            admitted.reserve = self._buckets.reserve if self._buckets.of_tokens else None
        self._transform(admitted, variables)
        if policies.redirect is not None:
            return redirected(policies.redirect, view, matched)
        if policies.direct_response is not None:
            return direct(policies.direct_response, variables)
        return admitted

    def _authenticated(self, view: RequestView, now_s: float) -> Admitted:
        token = jwt = basic = api_key = allowed = None
        credentials: list[Location] = []
        if self._jwt is not None and (verified := self._jwt.check(view)) is not None and self._policies.jwt_auth:
            token, jwt = verified
            credentials.append(self._policies.jwt_auth.place)
        if self._basic is not None and (name := self._basic.check(view, now_s)) and self._policies.basic_auth:
            basic = {"username": name}
            credentials.append(self._policies.basic_auth.place)
        if self._keys is not None and (known := self._keys.check(view)) is not None:
            api_key, allowed = known.key.metadata, known.key.allowed_models
            credentials.append(known.place)
        return Admitted(Claims(api_key, jwt, basic), tuple(credentials), token, allowed)

    def _transform(self, admitted: Admitted, variables: Variables) -> None:
        both = self._policies.transformations
        change = None if both is None else both.request
        if change is None:
            return
        admitted.request_headers = header_changes(change, variables)
        admitted.body = None if change.body is None else text_of(change.body.evaluate(variables))
        admitted.metadata = {name: one.evaluate(variables) for name, one in change.metadata}
