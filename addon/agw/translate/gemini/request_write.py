"""A request in the words of generateContent (https://ai.google.dev/api/generate-content)."""

from __future__ import annotations

import re
from typing import Any

from agw.translate import effort, tools
from agw.translate.base import Losses
from agw.translate.gemini.contents_write import write_contents
from agw.translate.gemini.schema import to_google
from agw.translate.neutral import BuiltinTool, Choosing, Request, Thinking, Tool
from agw.translate.prompt import prompt_of
from agw.translate.tool_names import ToolNames
from agw.translate.writing import without_none

_VERSION = re.compile(r"gemini-(\d+)")
_NAME = re.compile(r"[^A-Za-z0-9_.:-]")
_LONGEST_NAME = 64
_GOOGLE = ("safetySettings", "cachedContent", "labels", "mediaResolution", "audioTimestamp")
"""Extras of Google's family that stand at the top or in generationConfig; only a client of this format has them."""
_BUDGETS = {"minimal": 1024, "low": 1024, "medium": 8192, "high": 24576, "xhigh": 24576, "max": 24576}
"""Google's own table for ``reasoning_effort`` (https://ai.google.dev/gemini-api/docs/openai#thinking)."""
_LEVELS = {"none": "low", "minimal": "minimal", "xhigh": "high", "max": "high"}
"""Gemini 3 cannot be kept from thinking and knows no more than ``high``."""


def names_of(request: Request) -> ToolNames:
    return ToolNames(request, _NAME, _LONGEST_NAME)


def version_of(model: str) -> int | None:
    """The major version of a Gemini model by its name; None for other models and tuned ones."""
    found = _VERSION.search(model.lower())
    return int(found[1]) if found else None


def write_request(request: Request, losses: Losses) -> dict[str, Any]:
    names = names_of(request)
    signed = (version_of(request.model) or 0) >= 3
    system, turns = prompt_of(request)
    body: dict[str, Any] = {"contents": write_contents(request, turns, names, losses, demands_signatures=signed)}
    if system:
        body["systemInstruction"] = {"parts": [{"text": one.text} for one in system]}
    if any(one.cache for one in system):
        losses.add("cache_control")
    body.update(_tools(request, names, losses))
    config = _config(request, losses)
    for key, value in request.extra.items():
        if request.family == "google" and key in _GOOGLE:
            (config if key in _GOOGLE[3:] else body)[key] = value
        else:
            losses.add(key)
    if config:
        body["generationConfig"] = config
    return body


def _config(request: Request, losses: Losses) -> dict[str, Any]:
    asked = request.sampling
    named = {
        "logprobs": asked.logprobs or None,
        "logit_bias": asked.logit_bias or None,
        "user": request.user,
        "verbosity": request.verbosity,
    }
    for name, value in named.items():
        if value is not None:
            losses.add("metadata.user_id" if name == "user" and request.family == "anthropic" else name)
    config: dict[str, Any] = {
        "maxOutputTokens": asked.max_tokens,
        "temperature": asked.temperature,
        "topP": asked.top_p,
        "topK": asked.top_k,
        "stopSequences": list(asked.stop) or None,
        "seed": asked.seed,
        "frequencyPenalty": asked.frequency_penalty,
        "presencePenalty": asked.presence_penalty,
        "candidateCount": asked.n,
        "thinkingConfig": _thinking(request, losses),
    }
    if request.output is not None:
        config["responseMimeType"] = "application/json"
        if request.output.schema is not None:
            config["responseSchema"] = to_google(request.output.schema)
    return without_none(config)


def _thinking(request: Request, losses: Losses) -> dict[str, Any] | None:
    """A level for Gemini 3, a budget for those before it; thoughts are shown where the client asked for thinking."""
    thinking = request.thinking
    if thinking is None:
        return None
    version = version_of(request.model)
    if (version is not None and version < 2) or "gemini-2.0" in request.model.lower():
        losses.add(effort.name_of(request))
        return None
    config = _level(thinking) if version is not None and version >= 3 else _budget(thinking)
    if thinking.enabled is not False and thinking.effort != "none":
        config["includeThoughts"] = thinking.summary != "omitted"
    return config


def _level(thinking: Thinking) -> dict[str, Any]:
    word = effort.word_of(thinking)
    return {} if word is None else {"thinkingLevel": _LEVELS.get(word, word)}


def _budget(thinking: Thinking) -> dict[str, Any]:
    if thinking.budget_tokens is not None:
        return {"thinkingBudget": thinking.budget_tokens}
    if thinking.adaptive and thinking.effort is None:
        return {"thinkingBudget": -1}
    word = effort.word_of(thinking)
    return {} if word is None else {"thinkingBudget": _BUDGETS.get(word, 0 if word == "none" else 8192)}


def _tools(request: Request, names: ToolNames, losses: Losses) -> dict[str, Any]:
    usable = tools.usable(request, losses, native=_native(request))
    functions = [one for one in usable if isinstance(one, Tool)]
    built_in = [one for one in usable if isinstance(one, BuiltinTool)]
    choice = request.tool_choice
    if not functions and not built_in:
        return {}
    written: list[dict[str, Any]] = [{_SEARCH[one.kind]: {}} for one in built_in]
    if functions:
        written.insert(0, {"functionDeclarations": [_function(one, names, losses) for one in functions]})
    if request.parallel_tool_calls is False:
        losses.add("parallel_tool_calls")
    body: dict[str, Any] = {"tools": written}
    if choice is not None and functions:
        mode = {Choosing.AUTO: "AUTO", Choosing.NONE: "NONE"}.get(choice.mode, "ANY")
        config: dict[str, Any] = {"mode": mode}
        if choice.mode is Choosing.NAMED and choice.name is not None:
            config["allowedFunctionNames"] = [names.wire(choice.name)]
        body["toolConfig"] = {"functionCallingConfig": config}
    return body


_SEARCH = {
    "web_search": "googleSearch",
    "web_search_preview": "googleSearch",
    "code_execution": "codeExecution",
    "code_interpreter": "codeExecution",
    "web_fetch": "urlContext",
    "url_context": "urlContext",
}
"""Google's own tools for what others' do."""


def _native(request: Request) -> tuple[str, ...]:
    """Before Gemini 3, Google's tools and functions exclude each other: functions are what the app lives by."""
    functions = any(isinstance(one, Tool) for one in request.tools)
    return () if functions and (version_of(request.model) or 0) < 3 else tuple(_SEARCH)


def _function(tool: Tool, names: ToolNames, losses: Losses) -> dict[str, Any]:
    function = tools.as_function(tool)
    if function.strict:
        losses.add("tools.strict")
    if tool.cache is not None:
        losses.add("cache_control")
    declared = without_none({"name": names.wire(function.name), "description": function.description})
    if function.schema is not None:
        parameters = to_google(function.schema)
        # Google refuses an object without properties: a function without parameters has no schema at all.
        if parameters.get("properties") or parameters.get("anyOf"):
            declared["parameters"] = parameters
    return declared
