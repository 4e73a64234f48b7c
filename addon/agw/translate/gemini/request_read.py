"""A generateContent request, read. ``model`` and ``stream`` are in the body because the caller put them there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agw.errors import BadRequest
from agw.formats.google import field, list_of, part_of
from agw.translate import reading
from agw.translate.base import Losses
from agw.translate.gemini.contents_read import read_contents
from agw.translate.gemini.schema import from_google
from agw.translate.neutral import (
    BuiltinTool,
    Choosing,
    OutputFormat,
    Request,
    Sampling,
    Text,
    Thinking,
    Tool,
    ToolChoice,
)

_BUILT_IN = {
    "googleSearch": "web_search",
    "googleSearchRetrieval": "web_search",
    "urlContext": "web_fetch",
    "codeExecution": "code_execution",
    "googleMaps": "google_maps",
    "fileSearch": "file_search",
    "computerUse": "computer",
    "retrieval": "retrieval",
}
_MODES = {"AUTO": Choosing.AUTO, "VALIDATED": Choosing.AUTO, "ANY": Choosing.REQUIRED, "NONE": Choosing.NONE}
_LOST = ("safetySettings", "labels")
_LOST_CONFIG = ("mediaResolution", "audioTimestamp", "speechConfig", "imageConfig", "enableEnhancedCivicAnswers")


def read_request(body: Mapping[str, Any], losses: Losses) -> Request:
    if not isinstance(body.get("contents"), list | dict):
        raise BadRequest("contents: must be a list of contents")
    if field(body, "cachedContent"):
        raise BadRequest("cachedContent: what Google has cached cannot be sent to another provider; send the contents")
    config = part_of(body, "generationConfig")
    modalities = field(config, "responseModalities")
    if isinstance(modalities, list) and any(str(one).upper() != "TEXT" for one in modalities):
        raise BadRequest("generationConfig.responseModalities: this provider answers with text only")
    for holder, names in ((body, _LOST), (config, _LOST_CONFIG)):
        for name in names:
            if field(holder, name):
                losses.add(name)
    system = [
        Text(one["text"])
        for content in list_of(body, "systemInstruction")
        for one in list_of(content, "parts")
        if isinstance(one.get("text"), str)
    ]
    if isinstance(said := field(body, "systemInstruction"), str):
        system = [Text(said)]
    return Request(
        model=reading.string(body, "model") or "",
        turns=read_contents(body, losses),
        family="google",
        system=tuple(system),
        tools=tuple(_tools(body)),
        tool_choice=_choice(body),
        sampling=_sampling(config),
        output=_output(config),
        thinking=_thinking(part_of(config, "thinkingConfig")),
        stream=body.get("stream") is True,
        include_usage=True,
        echo=body,
    )


def _sampling(config: Mapping[str, Any]) -> Sampling:
    camel = {
        name: field(config, name)
        for name in ("topP", "topK", "maxOutputTokens", "frequencyPenalty", "presencePenalty", "candidateCount")
    }
    log = reading.integer({"n": field(config, "logprobs")}, "n")
    return Sampling(
        max_tokens=reading.integer(camel, "maxOutputTokens"),
        temperature=reading.number(config, "temperature"),
        top_p=reading.number(camel, "topP"),
        top_k=reading.integer(camel, "topK"),
        stop=reading.strings({"stop": field(config, "stopSequences")}, "stop"),
        seed=reading.integer(config, "seed"),
        frequency_penalty=reading.number(camel, "frequencyPenalty"),
        presence_penalty=reading.number(camel, "presencePenalty"),
        n=reading.integer(camel, "candidateCount"),
        logprobs=True if field(config, "responseLogprobs") is True else None,
        top_logprobs=log,
    )


def _output(config: Mapping[str, Any]) -> OutputFormat | None:
    if field(config, "responseMimeType") != "application/json":
        return None
    plain = field(config, "responseJsonSchema")
    if isinstance(plain, dict):
        return OutputFormat(schema=plain)
    schema = field(config, "responseSchema")
    return OutputFormat(schema=from_google(schema) if isinstance(schema, dict) else None)


def _thinking(config: Mapping[str, Any]) -> Thinking | None:
    """A budget of 0 forbids thinking, -1 leaves it to the model."""
    if not config:
        return None
    budget = reading.integer({"n": field(config, "thinkingBudget")}, "n")
    level = field(config, "thinkingLevel")
    shown = field(config, "includeThoughts")
    return Thinking(
        enabled=None if budget is None else budget != 0,
        effort=level.lower() if isinstance(level, str) else None,
        budget_tokens=budget if budget is not None and budget > 0 else None,
        adaptive=budget is not None and budget < 0,
        summary=None if shown is not True else "auto",
    )


def _tools(body: Mapping[str, Any]) -> list[Tool | BuiltinTool]:
    found: list[Tool | BuiltinTool] = []
    for tool in list_of(body, "tools"):
        for declared in list_of(tool, "functionDeclarations"):
            name = reading.demanded_string(declared, "name", "tools.functionDeclarations")
            plain = field(declared, "parametersJsonSchema")
            given = declared.get("parameters")
            schema = plain if isinstance(plain, dict) else from_google(given) if isinstance(given, dict) else None
            found.append(Tool(name, reading.string(declared, "description"), schema))
        for key, kind in _BUILT_IN.items():
            if isinstance(spec := field(tool, key), dict):
                found.append(BuiltinTool(kind, {key: spec}))
    return found


def _choice(body: Mapping[str, Any]) -> ToolChoice | None:
    config = part_of(part_of(body, "toolConfig"), "functionCallingConfig")
    mode = _MODES.get(str(config.get("mode")).upper())
    if mode is None:
        return None
    allowed = reading.strings({"names": field(config, "allowedFunctionNames")}, "names")
    if mode is Choosing.REQUIRED and len(allowed) == 1:
        return ToolChoice(Choosing.NAMED, name=allowed[0])
    return ToolChoice(mode, allowed=allowed or None)
