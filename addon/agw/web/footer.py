"""The figures of a finished call, below its conversation and beside it in a list of flows."""

from __future__ import annotations

from decimal import Decimal

from agw.record import Attempt, CallRecord
from agw.usage import Usage

_COST_CLASSES = (
    (Decimal("0.001"), "<0.1c"),
    (Decimal("0.01"), "<1c"),
    (Decimal("0.1"), "<10c"),
    (Decimal("1"), "<$1"),
)


def footer(record: CallRecord) -> str:
    """One line for each thing that is known."""
    lines = [
        ("model", _models(record)),
        ("tokens", "" if record.answer.usage is None else tokens(record.answer.usage)),
        ("cost", _cost(record)),
        ("time", _times(record)),
        ("finish", ", ".join(record.answer.finish_reasons or ())),
        ("error", "" if record.error is None else f"{record.error.type}: {record.error.message}"),
        ("route", " ".join(one for one in (record.gateway, record.listener, record.route) if one)),
        ("provider", _provider(record)),
        *(("attempt", _attempt(one)) for one in (record.attempts if len(record.attempts) > 1 else ())),
        ("who", _who(record)),
        ("trace", f"{record.ids.trace_id} span {record.ids.span_id}"),
        *(("note", note) for note in record.notes),
    ]
    return "\n".join(f"{name:<9} {_one_line(text)}" for name, text in lines if text)


def comment(record: CallRecord) -> str:
    """For the list of flows, where mitmproxy's ``~comment`` finds it: ``model:gpt-4o in:12 out:9 cost:$0.0002 …``."""
    usage = record.answer.usage
    shown = [f"model:{record.answer.model or record.request.model or '?'}"]
    if usage is not None:
        shown += [f"in:{usage.input_tokens}"] if usage.input_tokens is not None else []
        shown += [f"out:{usage.output_tokens}"] if usage.output_tokens is not None else []
    if record.cost is not None:
        shown += [f"cost:${_money(record.cost.total_usd)}", f"class:{cost_class(record.cost.total_usd)}"]
    shown.append(f"time:{record.duration_s:.2f}s")
    who = record.attribution
    shown += [f"{name}:{value}" for name, value in (("user", who.user), ("session", who.session)) if value]
    if record.error is not None:
        shown.append(f"error:{record.error.type}")
    return _one_line(" ".join(shown))


def cost_class(cost_usd: Decimal) -> str:
    """The class that a filter may ask for: ``<0.1c``, ``<1c``, ``<10c``, ``<$1`` or ``$1+``."""
    return next((name for limit, name in _COST_CLASSES if cost_usd < limit), "$1+")


def tokens(usage: Usage) -> str:
    """By class: ``12 in (4 cached) 9 out (2 reasoning)``."""
    parts = []
    if usage.input_tokens is not None:
        read, written, audio = usage.cache_read_tokens, usage.cache_write_tokens, usage.input_audio_tokens
        parts.append(f"{usage.input_tokens} in{_inside(cached=read, written=written, audio=audio)}")
    if usage.output_tokens is not None:
        parts.append(
            f"{usage.output_tokens} out{_inside(reasoning=usage.reasoning_tokens, audio=usage.output_audio_tokens)}"
        )
    return " ".join(parts) + ("" if usage.source == "provider" else f" ({usage.source})")


def _inside(**classes: int | None) -> str:
    shown = ", ".join(f"{count} {name}" for name, count in classes.items() if count)
    return f" ({shown})" if shown else ""


def _models(record: CallRecord) -> str:
    chain = [record.client_model, record.request.model, record.answer.model]
    named = [one for index, one in enumerate(chain) if one and one not in chain[:index]]
    return " > ".join(named)


def _cost(record: CallRecord) -> str:
    cost = record.cost
    if cost is None:
        return ""
    parts = ", ".join(f"{name} ${_money(part)}" for name, part in cost.parts.items() if part)
    source = f"{cost.source}, {cost.price_list}" if cost.price_list else str(cost.source)
    return f"${_money(cost.total_usd)}" + (f" ({parts})" if parts else "") + f"  {source}"


def _money(usd: Decimal) -> str:
    text = f"{usd:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _times(record: CallRecord) -> str:
    shown = []
    if record.first_token_ns is not None:
        shown.append(f"first token {(record.first_token_ns - record.start_ns) / 1e9:.3f} s")
    elif record.time_to_first_chunk_s is not None:
        shown.append(f"first chunk {record.time_to_first_chunk_s:.3f} s")
    shown.append(f"total {record.duration_s:.3f} s")
    if record.overhead_s is not None:
        shown.append(f"gateway {record.overhead_s * 1000:.1f} ms")
    return ", ".join(shown)


def _provider(record: CallRecord) -> str:
    place = "" if record.server_address is None else f" at {record.server_address}:{record.server_port}"
    return f"{record.provider}{place}"


def _attempt(attempt: Attempt) -> str:
    status = attempt.http_status or attempt.error_type or "?"
    spent_s = (attempt.end_ns - attempt.start_ns) / 1e9
    return f"{attempt.backend} ({attempt.provider} {attempt.model or ''}) {status} after {spent_s:.3f} s"


def _who(record: CallRecord) -> str:
    who = record.attribution
    named = {"user": who.user, "session": who.session, "key": who.key_name, "environment": who.environment}
    shown = [f"{name} {value}" for name, value in named.items() if value]
    if who.prompt_name:
        shown.append(f"prompt {who.prompt_name}" + (f" v{who.prompt_version}" if who.prompt_version else ""))
    return ", ".join([*shown, *who.tags])


def _one_line(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text)
