"""The in-between: a request and an answer in no API's own words.

**Why a hub.** Five formats make twenty ordered pairs, each with request, answer, stream and errors: eighty mappers that
must agree with each other on tool ids, reasoning and usage. With one in-between each format has one reader and one
writer per direction, and every pair exists as soon as both ends do. The price is that the in-between must be able to
say whatever at least two formats can say, so it is rich rather than minimal; it is not a least common denominator.

**What keeps the fidelity.** Three things that a naive hub loses:

* *Text stays text.* Tool arguments are kept as the JSON text that the model wrote, images as URL or base64 as they
  came: nothing is parsed that need not be.
* *Seals.* Reasoning is only worth sending back with the provider's own proof (signature, encrypted content). It
  travels as a ``Seal`` that names its maker; a client whose format has no place for a foreign one carries it inside an
  opaque string of its own format (``seals.py``), and only the maker's wire gets it back.
* *Extras.* Fields that only one family knows stand in ``Request.extra`` under the client's own names. A writer of
  the same family takes those that it knows by name; the rest is dropped and named.

All classes are frozen; lists are tuples. ``None`` is "not said": nothing here has a default that an API would send.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from agw.usage import Usage


@dataclass(frozen=True, slots=True)
class CacheMark:
    """The prompt up to and with the marked part may be cached. ``ttl`` as the client wrote it (``5m``, ``1h``, ...)."""

    ttl: str | None = None


class Maker(StrEnum):
    """Whose wire made a seal: only the same wire can read it again."""

    ANTHROPIC = "anthropic"
    """Signatures and redacted data of Claude, on Messages and Converse alike."""
    OPENAI = "openai"
    """``encrypted_content`` of Responses."""
    GOOGLE = "google"
    """``thoughtSignature`` of Gemini."""
    COMPLETIONS = "completions"
    """``reasoning_details`` of Chat Completions providers, as JSON text; empty for bare ``reasoning_content``."""


@dataclass(frozen=True, slots=True)
class Seal:
    """A provider's opaque proof of its own reasoning. ``id`` is the item's id where the wire has one (Responses).

    ``redacted``: the value is the reasoning itself, unreadable (Anthropic's ``redacted_thinking``).
    """

    maker: Maker
    value: str
    redacted: bool = False
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Citation:
    """A source that a text names. Offsets are characters of the text's own part; None where the wire has none."""

    url: str
    title: str | None = None
    start: int | None = None
    end: int | None = None
    cited_text: str | None = None


@dataclass(frozen=True, slots=True)
class Text:
    text: str
    cache: CacheMark | None = None
    citations: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class Image:
    """``url`` (http or https or gs), or ``data`` as base64 with ``mime``, or ``file_id`` of the client's provider."""

    url: str | None = None
    data: str | None = None
    mime: str | None = None
    file_id: str | None = None
    detail: str | None = None
    cache: CacheMark | None = None


@dataclass(frozen=True, slots=True)
class File:
    """A document. ``data`` is base64 with ``mime``, but for ``text`` (a document of plain text)."""

    url: str | None = None
    data: str | None = None
    text: str | None = None
    mime: str | None = None
    file_id: str | None = None
    filename: str | None = None
    cache: CacheMark | None = None


@dataclass(frozen=True, slots=True)
class Audio:
    """Base64 with the short format's name (``wav``, ``mp3``)."""

    data: str
    format: str


@dataclass(frozen=True, slots=True)
class ToolCall:
    """``arguments`` is JSON text, ``{}`` for none; the free text itself if ``custom`` (``tools.as_object`` parses it).

    ``seal`` is a signature that rides on the call itself (Gemini); clients get it in the id (``tools.sealed_id``).
    """

    id: str
    name: str
    arguments: str
    custom: bool = False
    seal: Seal | None = None
    cache: CacheMark | None = None


@dataclass(frozen=True, slots=True)
class ToolResult:
    """The answer to a call, always in a user's turn. ``parts`` hold Text, Image and File only.

    The call's name, for the wires that want it: ``tools.call_names(request)``.
    """

    call_id: str
    parts: tuple[Part, ...]
    is_error: bool = False
    cache: CacheMark | None = None


@dataclass(frozen=True, slots=True)
class Reasoning:
    """What the model thought. Without a seal it is readable only; ``text`` may be empty where there is only a seal.

    ``summary``: the text is the provider's own summary, not the thoughts themselves (Responses).
    """

    text: str
    seal: Seal | None = None
    summary: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    text: str


Part = Text | Image | File | Audio | ToolCall | ToolResult | Reasoning | Refusal


class Role(StrEnum):
    SYSTEM = "system"
    """System or developer, in the middle of the conversation; those at its head are ``Request.system``."""
    USER = "user"
    ASSISTANT = "assistant"


@dataclass(frozen=True, slots=True)
class Turn:
    """One message. Neighbours may have the same role: a wire that wants them merged uses ``turns.merged``.

    Parts of an assistant's turn stand in the order in which the model made them.
    """

    role: Role
    parts: tuple[Part, ...]
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that the client runs. ``custom``: it takes free text instead of JSON; a ``grammar`` in ``syntax``
    (``lark`` or ``regex``) may rule it.

    ``schema`` is JSON Schema, None where the client gave none.
    """

    name: str
    description: str | None = None
    schema: Mapping[str, Any] | None = None
    strict: bool | None = None
    custom: bool = False
    grammar: str | None = None
    syntax: str | None = None
    cache: CacheMark | None = None


@dataclass(frozen=True, slots=True)
class BuiltinTool:
    """A tool that the provider knows and runs (``web_search``, ``code_execution``). ``spec`` is the client's object.

    ``kind`` is the type without its version. A wire that has no such tool drops it as ``tools.<kind>``.
    """

    kind: str
    spec: Mapping[str, Any]


class Choosing(StrEnum):
    AUTO = "auto"
    NONE = "none"
    REQUIRED = "required"
    """Some tool must be called."""
    NAMED = "named"


@dataclass(frozen=True, slots=True)
class ToolChoice:
    """``name`` goes with NAMED; ``allowed`` narrows AUTO or REQUIRED to some of the tools."""

    mode: Choosing
    name: str | None = None
    allowed: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class OutputFormat:
    """JSON is demanded: by ``schema``, or any object where it is None."""

    schema: Mapping[str, Any] | None = None
    name: str | None = None
    description: str | None = None
    strict: bool | None = None


@dataclass(frozen=True, slots=True)
class Thinking:
    """How much the model is to think. ``enabled`` False forbids it. ``adaptive``: the model decides how much.

    ``effort``: none, minimal, low, medium, high, xhigh, max. ``summary``: auto, concise, detailed, omitted.
    """

    enabled: bool | None = None
    effort: str | None = None
    budget_tokens: int | None = None
    adaptive: bool = False
    summary: str | None = None


@dataclass(frozen=True, slots=True)
class Sampling:
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    n: int | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = None
    logit_bias: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """What the client asks.

    ``family`` says whose names ``extra`` uses: ``openai`` (Completions, Responses), ``anthropic``, ``google``,
    ``bedrock``. ``echo`` is the client's whole body, for the client's own answers only; a wire never reads it.
    """

    model: str
    turns: tuple[Turn, ...]
    family: str
    system: tuple[Text, ...] = ()
    tools: tuple[Tool | BuiltinTool, ...] = ()
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    sampling: Sampling = Sampling()
    output: OutputFormat | None = None
    thinking: Thinking | None = None
    user: str | None = None
    verbosity: str | None = None
    stream: bool = False
    include_usage: bool = False
    """The client wants the stream's usage in its own chunk (Completions; the others always send it)."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    echo: Mapping[str, Any] = field(default_factory=dict)


class Stop(StrEnum):
    """Why the model stopped."""

    END = "end"
    STOP_SEQUENCE = "stop_sequence"
    LENGTH = "length"
    CONTEXT = "context"
    """The context window is full."""
    TOOL_CALLS = "tool_calls"
    FILTER = "filter"
    """The provider's filter cut it off."""
    REFUSAL = "refusal"
    """The model itself would not."""
    PAUSE = "pause"
    """A long turn that the client is to continue."""


@dataclass(frozen=True, slots=True)
class Choice:
    parts: tuple[Part, ...]
    stop: Stop
    stop_sequence: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """``created`` is in seconds since the epoch. ``usage`` follows the house's inclusion rules (``usage/usage.py``).

    ``failure`` is set where a 2xx answer tells an error (a failed Response).
    """

    choices: tuple[Choice, ...]
    id: str | None = None
    model: str | None = None
    created: int | None = None
    usage: Usage | None = None
    service_tier: str | None = None
    failure: Failure | None = None


class Trouble(StrEnum):
    """What kind of error it is; each format has its own word for it."""

    INVALID = "invalid"
    AUTHENTICATION = "authentication"
    PERMISSION = "permission"
    NOT_FOUND = "not_found"
    TOO_LARGE = "too_large"
    RATE_LIMIT = "rate_limit"
    OVERLOADED = "overloaded"
    TIMEOUT = "timeout"
    SERVER = "server"


@dataclass(frozen=True, slots=True)
class Failure:
    """A provider's error. ``code`` is its own word where it has one (``context_length_exceeded``)."""

    status: int
    kind: Trouble
    message: str
    code: str | None = None
    param: str | None = None
