"""The app's own credential, where the config brings none: it goes to the provider, in the place that this one reads.

An app on OpenAI's API shows its key as a bearer token, one on Anthropic's as ``x-api-key``; a provider reads only its
own place (agentgateway.md §3.3).
"""

from __future__ import annotations

from collections.abc import Mapping

from agw.providers import ProviderSpec
from agw.providers.spec import BEARER


def moved_credential(spec: ProviderSpec, wire: str, client: str, headers: Mapping[str, str]) -> dict[str, str]:
    """The credential headers as they are to be sent; ``headers`` are the app's, by name in lower case.

    ``wire`` and ``client`` are the API types of provider and app. Left as they are: several credentials, other schemes
    than Bearer, a header that is the provider's own, and calls in the provider's own API to whoever reads bearer
    tokens, since a server that only imitates it may read another place.
    """
    if len(headers) != 1:
        return dict(headers)
    ((name, value),) = headers.items()
    if any(name == place.name != BEARER.name for _, place in spec.key_places):
        return dict(headers)
    key = value
    if name == BEARER.name:
        scheme, _, key = value.partition(" ")
        if scheme.lower() != "bearer":
            return dict(headers)
    place = spec.key_location(wire, key)
    if place == BEARER and wire == client:
        return dict(headers)
    return {place.name: place.prefix + key}
