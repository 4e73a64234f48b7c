"""``apiKey``, ``basicAuth`` and ``jwtAuth``: who clients are (agentgateway.md §1.6)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from urllib.parse import urlsplit

import jwt

from agw.config.auth import location, secret
from agw.config.auths import Location, LocationKind
from agw.config.clients import BASIC, BEARER, ApiKey, ApiKeyPolicy, BasicAuthPolicy, Jwks, JwtIssuer, JwtPolicy, Mode
from agw.config.reader import At
from agw.config.secret import Secret

KEY_PLACES = (
    BEARER,
    Location(LocationKind.HEADER, "x-api-key"),
    Location(LocationKind.HEADER, "api-key"),
    Location(LocationKind.HEADER, "x-goog-api-key"),
)
"""Where the providers' own SDKs put their key, so that each of them can bring the gateway's instead."""
_BCRYPT = re.compile(r"\$2[abxy]\$(\d\d)\$[./A-Za-z0-9]{53}")
_MAX_BCRYPT_COST = 14
_SHA = "{SHA}"


def api_key(at: At) -> ApiKeyPolicy | None:
    if not at:
        return None
    keys = tuple(key for one in at["keys"].items() if (key := _key(one)) is not None)
    if at["keys"] and not keys and not at["keys"].value:
        at["keys"].wrong("no key", "write keys: [{key: $VARIABLE}]")
    place = at["location"]
    return ApiKeyPolicy(keys, _mode(at["mode"]), (_place(place, BEARER),) if place else KEY_PLACES)


def _key(at: At) -> ApiKey | None:
    held = _sha256(at)
    metadata = at["metadata"].value
    if metadata is not None and not isinstance(metadata, dict):
        metadata = {"value": metadata}
    models = at["allowedModels"]
    allowed = None if not models else tuple(text for one in models.items() if (text := one.text()))
    return None if held is None else ApiKey(held, metadata or {}, allowed)


def _sha256(at: At) -> Secret | None:
    """Of the key, which is kept no longer than until here."""
    if at["key"]:
        text = secret(at["key"])
        return None if text is None else Secret(hashlib.sha256(text.reveal().encode()).hexdigest())
    kind, colon, digest = (at["keyHash"].text() or "").strip().partition(":")
    if kind != "sha256" or not colon or not re.fullmatch(r"[0-9a-fA-F]{64}", digest):
        at["keyHash"].wrong("not the hash of a key", "write sha256: and its 64 hex digits, without a space")
        return None
    return Secret(digest.lower())


def basic_auth(at: At) -> BasicAuthPolicy | None:
    if not at:
        return None
    source = at["htpasswd"]
    text = source["file"].file_text() if source["file"] else source.text()
    users: dict[str, Secret] = {}
    for number, line in enumerate((text or "").splitlines(), 1):
        name, colon, hashed = line.strip().partition(":")
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if not colon or not name or not _is_hash(hashed):
            hint = "make it with 'htpasswd -nB NAME'; bcrypt and {SHA} are served, MD5, crypt and plain text are not"
            source.wrong(f"line {number} of the htpasswd holds no hash that can be checked", hint)
        else:
            users[name] = Secret(hashed)
    realm = at["realm"].text() or "Restricted"
    if not realm.isascii() or not realm.isprintable() or '"' in realm:
        at["realm"].wrong("not a realm that can stand in a header", "ASCII, without quotation marks")
    place = at["authorizationLocation"]
    return BasicAuthPolicy(tuple(users.items()), realm, _mode(at["mode"]), _place(place, BASIC))


def _is_hash(text: str) -> bool:
    found = _BCRYPT.fullmatch(text)
    if found is not None:
        return int(found[1]) <= _MAX_BCRYPT_COST
    try:
        return text.startswith(_SHA) and len(base64.b64decode(text.removeprefix(_SHA), validate=True)) == 20
    except binascii.Error:
        return False


def jwt_auth(at: At) -> JwtPolicy | None:
    if not at:
        return None
    issuers = [*at["providers"].items()] if at["providers"] else [at]
    built = tuple(issuer for one in issuers if (issuer := _issuer(one)) is not None)
    return JwtPolicy(built, _mode(at["mode"]), _place(at["location"], BEARER))


def _issuer(at: At) -> JwtIssuer | None:
    found = _jwks(at["jwks"])
    if not at["issuer"]:
        at.wrong("'issuer' is missing", "write issuer: https://issuer.example.com")
    if found is None:
        return None
    required = at["jwtValidationOptions"]["requiredClaims"]
    return JwtIssuer(
        issuer=at["issuer"].text(),
        jwks=found,
        audiences=tuple(text for one in at["audiences"].items() if (text := one.text())),
        required_claims=tuple(text for one in required.items() if (text := one.text())) if required else ("exp",),
    )


def _jwks(at: At) -> Jwks | None:
    if not at:
        at.wrong("'jwks' is missing", "write jwks: {file: PATH}, {url: ...} or the key set itself")
        return None
    if at["url"]:
        url = at["url"].text() or ""
        try:
            parts = urlsplit(url)
            usable = parts.scheme in ("http", "https") and bool(parts.hostname) and url.isprintable() and " " not in url
        except ValueError:
            usable = False
        if not usable:
            at["url"].wrong("not an http or https URL", "write for example https://issuer.example.com/jwks.json")
            return None
        return Jwks(url=url)
    text = at["file"].file_text() if at["file"] else at.text()
    if text is None and isinstance(at.value, dict) and "keys" in at.value:
        text = json.dumps(at.value)
    if text is None:
        return None
    if not _has_keys(text):
        at.wrong(
            "not a JSON Web Key Set with a key that can be used", 'it is JSON such as {"keys": [{"kty": "RSA", ...}]}'
        )
        return None
    return Jwks(text=text)


def _has_keys(text: str) -> bool:
    try:
        jwt.PyJWKSet.from_json(text)
    except (jwt.PyJWTError, ValueError, AttributeError, TypeError, RecursionError):
        return False
    return True


def _mode(at: At) -> Mode:
    text = at.text()
    return Mode(text) if text in list(Mode) else Mode.OPTIONAL


def _place(at: At, default: Location) -> Location:
    found = location(at)
    if found is None:
        return default
    return Location(found.kind, found.name.lower() if found.kind is LocationKind.HEADER else found.name, found.prefix)
