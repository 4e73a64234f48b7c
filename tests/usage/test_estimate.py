"""The estimate of a request's tokens, with a tokenizer and without."""

from __future__ import annotations

import tiktoken
from hypothesis import given
from hypothesis import strategies as st

from agw.usage.estimate import TokenEstimator, answer_of

BODY = {
    "model": "m", "max_tokens": 1000,
    "system": [{"type": "text", "text": "Be brief and kind to all.", "cache_control": {"type": "ephemeral"}}],
    "messages": [
        {"role": "user", "content": [{"type": "text", "text": "What is this?"},
                                     {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "A" * 90_000}}]},
        {"role": "assistant", "content": [{"type": "thinking", "thinking": "Hm", "signature": "S" * 500},
                                          {"type": "tool_use", "id": "t", "name": "look", "input": {"x": "y"}}]},
        {"role": "user", "content": [{"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "A" * 16_000}}]},
    ],
    "tools": [{"name": "look", "description": "Looks around.", "input_schema": {"type": "object", "properties": {"x": {"type": "string"}}}}],
}  # fmt: skip
BYTES = tiktoken.Encoding(
    "bytes", pat_str=r"[\s\S]", mergeable_ranks={bytes([one]): one for one in range(256)}, special_tokens={}
)


def test_images_and_documents_count_by_rule_and_signatures_not_at_all():
    estimate = TokenEstimator().estimate(BODY)
    assert estimate.method == "characters"
    assert 1600 + 1000 < estimate.tokens < 1600 + 1000 + 100


def test_english_is_about_four_characters_a_token():
    text = "The quick brown fox jumps over the lazy dog. " * 100
    assert abs(TokenEstimator().estimate({"messages": [{"role": "user", "content": text}]}).tokens - 1004 * 9 / 8) < 10


def test_other_scripts_count_more():
    def of(text):
        return TokenEstimator().estimate({"system": text}).tokens

    assert (of("abcdefgh"), of("привет!!"), of("你好世界")) == (2, 4, 4)


def test_a_tokenizer_counts_if_there_is_one():
    estimate = TokenEstimator(BYTES).estimate({"contents": [{"role": "user", "parts": [{"text": "äb" * 60_000}]}]})
    assert (estimate.method, estimate.tokens) == ("bytes", 180_000 + 4 + len("parts"))


def test_a_vocabulary_that_is_not_here_is_not_fetched(monkeypatch, tmp_path):
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    assert TokenEstimator.load().method == "characters"


def test_answers_are_in_each_apis_words():
    assert (answer_of("anthropicTokenCount", 3), answer_of("geminiCountTokens", 3)) == (
        {"input_tokens": 3},
        {"totalTokens": 3},
    )


JSON = st.recursive(st.none() | st.integers() | st.text(max_size=5), lambda one: st.lists(one, max_size=3) | st.dictionaries(
    st.sampled_from(["role", "data", "media_type", "type", "source", "text", "mimeType"]), one, max_size=4))  # fmt: skip


@given(st.dictionaries(st.sampled_from(["messages", "system", "contents"]), JSON))
def test_any_body_has_an_estimate(body):
    assert TokenEstimator().estimate(body).tokens >= 0
    assert TokenEstimator(BYTES).estimate(body).tokens >= 0


def test_a_body_nested_deeply_has_one_too():
    body: object = "x"
    for _ in range(100_000):
        body = [body]
    assert TokenEstimator().estimate({"messages": body}).tokens == 1


def test_responses_completions_and_images_in_data_urls_are_counted_too():
    assert TokenEstimator().estimate({"instructions": "Be brief", "input": "abcdefgh"}).tokens == 4
    assert TokenEstimator().estimate({"prompt": "abcdefgh"}).tokens == 2
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 90_000}}
    assert 1600 <= TokenEstimator().estimate({"messages": [{"role": "user", "content": [image]}]}).tokens < 1620
