"""All providers by their key in the config, and the wire format of a call."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from agw.config.snapshot import Target
from agw.providers.anthropic import ANTHROPIC
from agw.providers.azure import azure, azure_openai
from agw.providers.bedrock import bedrock
from agw.providers.copilot import copilot
from agw.providers.gemini import gemini
from agw.providers.openai import OPENAI
from agw.providers.presets import PRESETS, custom, spec_of_preset
from agw.providers.spec import NATIVE_ALWAYS, ProviderSpec
from agw.providers.vertex import vertex

PROVIDERS: Mapping[str, ProviderSpec | Callable[[Target, str], ProviderSpec]] = {
    "openAI": OPENAI,
    "anthropic": ANTHROPIC,
    "gemini": gemini,
    "vertex": vertex,
    "bedrock": bedrock,
    "azure": azure,
    "azureOpenAI": azure_openai,
    "copilot": copilot,
    "custom": custom,
    **{key: spec_of_preset(preset) for key, preset in PRESETS.items()},
}


def spec_of(target: Target, model: str | None) -> ProviderSpec:
    """The provider as it is for this target and the model that is sent upstream.

    ``model`` is None where a call names none; a provider that has the model in its path then passes calls as they came.
    """
    found = PROVIDERS[target.provider]
    return found if isinstance(found, ProviderSpec) else found(target, model or "")


def wire_format(spec: ProviderSpec, client_api_type: str, can_translate: Callable[[str, str], bool]) -> str | None:
    """The API type in which the provider is asked, None where it neither speaks the app's nor one that can be reached.

    The app's own type comes first, so that its bytes can stay as they are; the provider's imitation of that type only
    after its own API, since the imitation knows less (agentgateway.md §3.5). ``can_translate(client, wire)`` says
    which pairs exist. None for ``anthropicTokenCount`` means that the tokens must be estimated here.
    """
    if client_api_type in NATIVE_ALWAYS:
        return client_api_type
    native = client_api_type in spec.formats
    if native and client_api_type not in spec.compat:
        return client_api_type
    wires = (kind for kind in spec.formats if kind != client_api_type)
    found = next((kind for kind in wires if kind not in spec.compat and can_translate(client_api_type, kind)), None)
    if found is not None or native:
        return found or client_api_type
    return next((kind for kind in spec.compat if can_translate(client_api_type, kind)), None)
