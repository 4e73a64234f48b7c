"""Credentials that must be fetched, renewed or computed: Google's and Microsoft's tokens, AWS's signatures, Copilot's.

How a call uses them::

    auth = auth_of(spec, policies.backend_auth)     # the config's, else what the provider implies, else None
    if auth is a BackendAuth: as before (policies/credential.py)
    if auth is a PassthroughAuth: WireCredential(auth.location or BEARER, the app's JWT as jwtAuth validated it)
    else:
        source = served.credentials.source(auth, host, region)
        ready = source.ready() or await source.prepare()        # raises UpstreamAuthError
        plan.credential = ready

and on the copy that goes on the wire, after everything else about it is final::

    for name, value in ready.headers(Outgoing(method, url, headers, body)): set the header

``Credentials`` is one per running gateway: it outlives reloads, so that tokens do. This is the one room between hooks
and destinations that waits for a network; the waiting is done in threads.
"""

from agw.credentials.base import Bearer, Outgoing, Ready, Source
from agw.credentials.sources import Credentials, auth_of

__all__ = ["Bearer", "Credentials", "Outgoing", "Ready", "Source", "auth_of"]
