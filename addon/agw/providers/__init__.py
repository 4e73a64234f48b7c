"""The providers: where each one lives, what it speaks, where its key goes. Facts, hardly any code.

How a call goes through here, all of it pure::

    spec = spec_of(target, model)                      # model: the one that is sent upstream, aliases resolved
    wire = wire_format(spec, client_api_type, can)     # None: refuse, or estimate (anthropicTokenCount)
    upstream_of(spec, target, policies, wire, path, query, matched, translated=wire != client_api_type, stream=...)
"""

from agw.providers.hosts import provider_of_host
from agw.providers.registry import PROVIDERS, spec_of, wire_format
from agw.providers.spec import ProviderSpec
from agw.providers.upstream import Upstream, upstream_of

__all__ = ["PROVIDERS", "ProviderSpec", "Upstream", "provider_of_host", "spec_of", "upstream_of", "wire_format"]
