"""The short form ``llm: models:``, one route whose backend the model in the body chooses (agentgateway.md §1.10)."""

from __future__ import annotations

from agw.config.gateways import DEFAULT, Gateways, OpenListener
from agw.config.llm_models import model_entry, providers_of
from agw.config.policies import llm_policies
from agw.config.reader import At
from agw.config.snapshot import (
    Listener,
    Match,
    ModelEntry,
    PathKind,
    PathMatch,
    Policies,
    Port,
    Route,
    VirtualModel,
)
from agw.config.virtual_models import virtual_models

PORT = 4000
_API_PATHS = (
    "/v1",
    "/v1beta",
    "/v2",
    "/chat/completions",
    "/completions",
    "/embeddings",
    "/messages",
    "/model",
    "/models",
    "/openai/deployments",
    "/realtime",
    "/rerank",
    "/responses",
)


def llm(at: At, gateways: Gateways) -> Port | None:
    """The port of its own, or None where the models are attached to gateways."""
    if not at:
        return None
    providers = providers_of(at["providers"])
    models = tuple(model_entry(one, providers) for one in at["models"].items())
    virtual = virtual_models(at["virtualModels"], models)
    own = llm_policies(at["policies"])
    if at["port"] and at["gateways"]:
        at["port"].wrong("'port' beside 'gateways'", "keep 'gateways'; the port is the gateway's")
    elif at["gateways"] or (not at["port"] and DEFAULT in gateways):
        gateways.attach(at["gateways"], lambda listener: _route(models, virtual, own, listener))
        return None
    port = at["port"].number() or PORT
    return Port(port, f"bind/{port}", (Listener("llm", None, (_route(models, virtual, own, None),)),))


def _route(
    models: tuple[ModelEntry, ...], virtual: tuple[VirtualModel, ...], own: Policies, shared: OpenListener | None
) -> Route:
    """On a listener with routes of its own the models take the API's paths only."""
    paths = _API_PATHS if shared is not None and shared.routes else ("",)
    return Route(
        name="default/llm",
        matches=tuple(Match(PathMatch(PathKind.PREFIX, path)) for path in paths),
        policies=own if shared is None else own.over(shared.policies),
        models=models,
        virtual_models=virtual,
    )
