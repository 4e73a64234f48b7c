"""Text completions (the older API), whole and streamed."""

from __future__ import annotations

from standin_provider.chat import DONE, asks_for_usage, pieces_of, usage
from standin_provider.reply import CREATED_S, Json, Refused, Reply, answering_model, compact, error, words


def reply(body: Json, chunks: int) -> Reply:
    """Raises Refused."""
    if "prompt" not in body:
        raise Refused(400, "'prompt' is required.", "prompt")
    limit = body.get("max_tokens") or chunks
    text = " ".join(words(min(chunks, limit)))
    tokens = min(chunks, limit)
    reason = "length" if limit < chunks else "stop"
    head = {
        "id": "cmpl-standin",
        "object": "text_completion",
        "created": CREATED_S,
        "model": answering_model(body),
        "system_fingerprint": "fp_standin",
    }

    def choice(piece: str, finish: str | None) -> Json:
        return {"text": piece, "index": 0, "logprobs": None, "finish_reason": finish}

    if body.get("stream") is not True:
        return Reply({**head, "choices": [choice(text, reason)], "usage": usage(tokens)})
    asked = asks_for_usage(body)
    head = {**head, **({"usage": None} if asked else {})}
    made = [{**head, "choices": [choice(piece, None)]} for piece in pieces_of(text)]
    made.append({**head, "choices": [choice("", reason)]})
    if asked:
        made.append({**head, "choices": [], "usage": usage(tokens)})
    failure = b"data: " + compact(error(500, "The stand-in was told to fail.")) + b"\n\n"
    return Reply(events=[*(b"data: %s\n\n" % compact(one) for one in made), DONE], failure=failure)
