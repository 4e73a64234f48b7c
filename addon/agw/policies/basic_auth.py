"""``basicAuth``: users with passwords, from a htpasswd file.

bcrypt is slow on purpose: tens of milliseconds that the event loop must not stand still for. So a password is checked
by a job that runs elsewhere, and its outcome is remembered for a while, under a hash that holds a random salt.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections import OrderedDict
from collections.abc import Callable

import bcrypt

from agw.config.clients import BasicAuthPolicy, Mode
from agw.errors import Unauthorized
from agw.policies.facts import RequestView
from agw.policies.presented import presented

REMEMBERED = 1024
REMEMBERED_S = 300.0
_SHA = "{SHA}"
# Takes as long as a user's own, so that the time does not tell which names there are.
_NOBODY = bcrypt.hashpw(b"", bcrypt.gensalt(4)).decode()


class BasicAuth:
    def __init__(self, policy: BasicAuthPolicy) -> None:
        self._policy = policy
        self._hashes = {name: held.reveal() for name, held in policy.users}
        self._nobody = max((one for one in self._hashes.values() if one.startswith("$2")), key=_cost, default=_NOBODY)
        self._salt = secrets.token_bytes(16)
        self._known: OrderedDict[bytes, tuple[bool, float]] = OrderedDict()
        self._headers = (("www-authenticate", f'Basic realm="{policy.realm}", charset="UTF-8"'),)

    def slow_check(self, view: RequestView, now_s: float) -> Callable[[], None] | None:
        """What must run, in any thread, before ``check`` knows the answer; None where it knows it already."""
        found = self._user(view)
        if found is None:
            return None
        name, password = found
        digest = self._digest(name, password)
        if self._remembered(digest, now_s) is not None:
            return None

        def run() -> None:
            self._remember(digest, self._fits(name, password), now_s)

        return run

    def check(self, view: RequestView, now_s: float) -> str | None:
        """The user's name; raises Unauthorized."""
        if presented(view, self._policy.place) is None:
            if self._policy.mode is Mode.STRICT:
                raise Unauthorized("basic authentication failure: no user and password were sent", self._headers)
            return None
        found = self._user(view)
        if found is not None:
            name, password = found
            digest = self._digest(name, password)
            fits = self._remembered(digest, now_s)
            if fits is None:
                fits = self._fits(name, password)
                self._remember(digest, fits, now_s)
            if fits:
                return name
        raise Unauthorized("basic authentication failure: user and password do not fit", self._headers)

    def _user(self, view: RequestView) -> tuple[str, bytes] | None:
        text = presented(view, self._policy.place)
        if text is None:
            return None
        try:
            name, colon, password = base64.b64decode(text, validate=True).partition(b":")
            return (name.decode(), password) if colon else None
        except (binascii.Error, ValueError):
            return None

    def _fits(self, name: str, password: bytes) -> bool:
        hashed = self._hashes.get(name)
        if hashed is not None and hashed.startswith(_SHA):
            digest = base64.b64encode(hashlib.sha1(password, usedforsecurity=False).digest()).decode()
            return hmac.compare_digest(digest, hashed.removeprefix(_SHA))
        # bcrypt itself looks at 72 bytes, and its library refuses more.
        fits = bcrypt.checkpw(password[:72], (hashed or self._nobody).encode())
        return fits and hashed is not None

    def _digest(self, name: str, password: bytes) -> bytes:
        return hashlib.blake2b(name.encode() + b":" + password, key=self._salt, digest_size=32).digest()

    def _remembered(self, digest: bytes, now_s: float) -> bool | None:
        fits, until_s = self._known.get(digest, (False, 0.0))
        return fits if now_s < until_s else None

    def _remember(self, digest: bytes, fits: bool, now_s: float) -> None:
        self._known[digest] = (fits, now_s + REMEMBERED_S)
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)


def _cost(hashed: str) -> str:
    return hashed[4:6]
