"""``backendAuth`` (agentgateway.md §1.7): the credential for a provider."""

from __future__ import annotations

from importlib.util import find_spec

from agw.config.auths import (
    AnyAuth,
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
from agw.config.reader import At
from agw.config.secret import Secret

_EXTRAS = {"gcp": ("google.auth", "vertex"), "aws": ("botocore", "bedrock"), "azure": ("azure.identity", "azure")}
"""Kind of credential to the library that it needs and the extra that brings it."""
_IMPLIED = {"vertex": "gcp", "bedrock": "aws", "azure": "azure", "azureOpenAI": "azure"}
_ASSIGNED = ("clientId", "objectId", "resourceId")


def backend_auth(at: At) -> AnyAuth | None:
    """None where nothing is said, or where something is wrong, which is reported."""
    if at.text() == "copilot" or at["copilot"]:
        return CopilotAuth()
    if at["passthrough"]:
        return PassthroughAuth(location(at["passthrough"]["location"]))
    for kind, build in (("gcp", _gcp), ("aws", _aws), ("azure", _azure)):
        if at[kind]:
            need_extra(at[kind], kind)
            return build(at[kind])
    return _key(at["key"]) if at["key"] else None


def need_extra(at: At, kind: str) -> None:
    """Reports the library that a kind of credential needs, where it is not installed."""
    library, extra = _EXTRAS.get(kind, ("", ""))
    if library and not _is_installed(library):
        at.wrong(f"the {kind} credential needs the extra '{extra}'", f"install it: pip install 'agw[{extra}]'")


def need_implied_extra(at: At, provider: str) -> None:
    """The same for a provider whose credential nobody wrote, so that its cloud's own is looked for."""
    need_extra(at, _IMPLIED.get(provider, ""))


def _is_installed(library: str) -> bool:
    try:
        return find_spec(library) is not None
    except ModuleNotFoundError:
        return False


def _key(at: At) -> BackendAuth | None:
    """``key`` as text, as ``{file}``, or as ``{value, location}`` with either of them as value."""
    place = location(at["location"])
    held = secret(at["value"] if at["value"] else at)
    return None if held is None else BackendAuth(held, place)


def _gcp(at: At) -> GcpAuth:
    credential = secret(at["credential"], lines=True) if at["credential"] else None
    id_token = at["type"].text() == "idToken"
    if at["audience"] and not id_token:
        at["audience"].wrong("an audience without an ID token", "write type: idToken beside it")
    return GcpAuth(id_token, at["audience"].text(), credential)


def _aws(at: At) -> AwsAuth:
    keys = None
    if at["accessKeyId"] or at["secretAccessKey"]:
        for name in ("accessKeyId", "secretAccessKey"):
            if not at[name]:
                at.wrong(f"'{name}' is missing", "write both accessKeyId and secretAccessKey, or neither")
        key_id, key = _said(at["accessKeyId"]), _said(at["secretAccessKey"])
        if key_id is not None and key is not None:
            keys = AwsKeys(key_id.reveal(), key, _said(at["sessionToken"]))
    role = at["assumeRole"]
    made = None
    if role:
        tags = ((one["key"].text() or "", one["value"].text() or "") for one in role["tags"].items())
        made = AwsRole(role["roleArn"].text() or "", role["sessionName"].text(), tuple(tags))
    return AwsAuth(keys, at["region"].text(), at["serviceName"].text() or "bedrock", made)


def _azure(at: At) -> AzureAuth:
    explicit = at["explicitConfig"]
    if at["developerImplicit"] or not explicit:
        return AzureAuth(AzureIdentity.DEVELOPER if at["developerImplicit"] else AzureIdentity.IMPLICIT)
    if explicit["managedIdentity"]:
        given = explicit["managedIdentity"]["userAssignedIdentity"]
        return AzureAuth(
            AzureIdentity.MANAGED,
            assigned=next(((kind, text) for kind in _ASSIGNED if (text := given[kind].text())), None),
        )
    if explicit["workloadIdentity"]:
        return AzureAuth(AzureIdentity.WORKLOAD)
    app = explicit["clientSecret"]
    found = []
    for snake, camel in (("tenant_id", "tenantId"), ("client_id", "clientId"), ("client_secret", "clientSecret")):
        one = app[snake] if app[snake] else app[camel]
        if not one:
            app.wrong(f"'{snake}' is missing", f"write {snake} or {camel}")
        found.append(_said(one))
    tenant, client, held = found
    return AzureAuth(
        AzureIdentity.CLIENT_SECRET,
        tenant.reveal() if tenant is not None else "",
        client.reveal() if client is not None else "",
        held,
    )


def _said(at: At) -> Secret | None:
    return secret(at) if at else None


def secret(at: At, *, lines: bool = False) -> Secret | None:
    """A credential, the text itself or ``{file: PATH}``; trimmed, never empty (agentgateway.md §1.1).

    ``lines`` allows line breaks, for what is a document and never stands in a header.
    """
    text = at["file"].file_text() if at["file"] else at.text()
    if text is None:
        return None
    text = text.strip()
    if not text:
        hint = "is the file empty?" if at["file"] else "is the environment variable empty?"
        at.wrong("the credential is empty", hint)
    elif not lines and not text.isprintable():
        at.wrong("the credential holds line breaks or control characters", "is it the right variable or file?")
    else:
        return Secret(text)
    return None


def location(at: At) -> Location | None:
    """None where none is written."""
    for kind in LocationKind:
        place = at[kind.value]
        if place:
            name = place["name"]
            shown = name.text() if kind is LocationKind.QUERY else name.header_name()
            return None if shown is None else Location(kind, shown, place["prefix"].header_value() or "")
    return None
