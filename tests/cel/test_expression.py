"""What an expression gives, with the variables and functions of agentgateway.md §2.6."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agw.cel import ExpressionError, Variables, compile_expression
from agw.cel.expression import MAX_LENGTH

HEADERS = {"x-trace": "1", "accept": ["a", "b"], "cookie": "a=b; c=d", "authorization": "Bearer secret"}


def variables() -> Variables:
    return Variables(
        {
            "request": {
                "method": lambda: "POST",
                "headers": lambda: HEADERS,
                "path": lambda: "/id/1234/data",
                "uri": lambda: "http://h/p?user=jo&user=al",
                "body": lambda: '{"a": 1, "b": 2}',
            },
            "llm": {
                "prompt": lambda: [{"role": "user", "content": "hi"}],
                "outputTokens": lambda: 5,
                "reasoningTokens": lambda: None,
                "params": lambda: {"max_tokens": 3},
            },
            "source": {"address": lambda: "10.1.2.3"},
            "apiKey": lambda: {"user": "jo", "limits": {"day": 1}},
        }
    )


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ('request.headers["x-trace"] == "1"', True),
        ('request.headers["X-Trace"]', "1"),
        ('request.headers["accept"]', ["a", "b"]),
        ('request.headers["none"]', None),
        ('request.headers["none"] != "1"', None),
        ('default(request.headers["none"], "else")', "else"),
        ("default(request.headers['x-trace'], fail('unused'))", "1"),
        ('coalesce(llm.reasoningTokens, jwt.sub, apiKey.user, "z")', "jo"),
        ("coalesce(null, 3)", 3),
        ("coalesce(null, jwt.sub)", None),
        ("default(null, 3)", None),
        ("llm.output_tokens + 1", 6),
        ("llm.params.max_tokens", 3),
        ('llm.prompt.map(m, default(m.name, "-" + m.role))', ["-user"]),
        ("json(request.body).with(b, b.a + b.b)", 3),
        ('{"a": 1, "b": 2}.mapValues(v, v * 2)', {"a": 2, "b": 4}),
        ('{"a": 1, "b": 2}.filterKeys(k, k == "a")', {"a": 1}),
        ('{"a": 1, "b": 2}.removeKeys(k, k == "a")', {"b": 2}),
        ('{"a": 2, "k": "v"}.merge({"a": 3})', {"a": 3, "k": "v"}),
        ('{"a": {"b": 1}}.mapValues(v, v.mapValues(w, w + 1))', {"a": {"b": 2}}),
        ('base64.encode("hello")', "aGVsbG8="),
        ('string(base64.decode("aGVsbG8="))', "hello"),
        ('sha256.encode("a").size()', 64),
        ('md5.encode("a")', "0cc175b9c0f1b6a831c399e269772661"),
        ('url.decode(url.encode("a b/c"))', "a b/c"),
        ('form.decode(form.encode({"a": "b c"})).a', "b c"),
        ('request.path.regexReplace("/id/([0-9]*)/", "/id/{id}$1/")', "/id/{id}1234/data"),
        ('toJson({"b": 1, "a": [true, null, 1.5, "ü"]})', '{"a":[true,null,1.5,"ü"],"b":1}'),
        ('fail("always")', None),
        ("uuid().size()", 36),
        ("random() >= 0.0 && random() < 1.0", True),
        ("variables().apiKey.user", "jo"),
        ("has(llm.prompt)", True),
        ("has(llm.reasoningTokens)", False),
        ("has(request.headers.none)", False),
        ('string(true) + string(1) + string(1.5) + "x"', "true11.5x"),
        ('string(duration("90s"))', "90s"),
        ("'a,b'.split(',')", ["a", "b"]),
        ("'Bearer x'.stripPrefix('Bearer ')", "x"),
        ("math.greatest(1, 2)", 2),
        ("max([1, 2])", 2),
        ("[1, 2].contains(2)", True),
        ("'abc'.contains('b')", True),
        ('request.headers.cookie("c")', "d"),
        ("request.headers.redacted().authorization", "<redacted>"),
        ("request.headers.join().accept", "a,b"),
        ("request.headers.raw().accept", ["a", "b"]),
        ('request.uri.query("user")', "jo"),
        ('cidr("10.0.0.0/8").containsIP(source.address)', True),
        ('cidr("10.0.0.0/8").containsCIDR("10.1.0.0/16")', True),
        ('ip("::1").isLoopback() && ip("::1").family() == 6', True),
        ('isIP("1.2.3")', False),
        ('unvalidatedJwtPayload("Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJqbyJ9.").sub', "jo"),
        ("1 / 0", None),
        ("null", None),
        ("// a comment\n1", 1),
    ],
)
def test_an_expression_gives_its_value_and_none_where_it_fails(source, value):
    assert compile_expression(source).evaluate(variables()) == value


@pytest.mark.parametrize(
    ("source", "reads"),
    [
        ('request.headers["X-Trace"] == "1" && request.headers.size() > 0', {("request", "headers")}),
        ('request.headers["X-Trace"]', {("request", "headers", "x-trace")}),
        ("llm.prompt.map(c, c.role)", {("llm", "prompt")}),
        ("llm.prompt[0].role", {("llm", "prompt")}),
        ("default(llm.input_tokens, 0)", {("llm", "inputTokens")}),
        ("llm[request.method]", {("llm",), ("request", "method")}),
        ("[1].map(llm, llm)", set()),
        ("'llm.prompt'", set()),
    ],
)
def test_only_what_is_named_is_read(source, reads):
    assert compile_expression(source).reads == reads


def test_what_no_expression_names_is_not_gathered():
    def dear() -> str:
        raise AssertionError("nobody asked for this")

    asked = Variables({"llm": {"prompt": dear, "provider": lambda: "openai"}})
    expression = compile_expression('llm.provider == "openai"')
    assert expression.evaluate(asked) is True
    assert not expression.reads_any("llm", "prompt")
    assert compile_expression("variables()").reads_any("llm", "prompt")
    assert compile_expression("llm.prompt[0]").reads_any("llm", "prompt")


def test_a_variable_is_asked_once_however_many_expressions_read_it():
    asked = []
    shared = Variables({"llm": {"prompt": lambda: asked.append(1) or []}})
    for _ in range(3):
        compile_expression("size(llm.prompt)").evaluate(shared)
    assert asked == [1]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("1 +", "not an expression: mismatched input end at its character 4: 1+"),
        ("", "an empty expression"),
        ("nope.x == 1", "there is no variable 'nope'"),
        ("mcp.tool", "the variable 'mcp' is not supported by this gateway"),
        ("foo(1)", "there is no function 'foo'"),
        ("flatten(llm.prompt)", "'flatten' is for fields of spans and logs only"),
        ("llm.prompt.with(x)", "'with' is called on a value, with a name and an expression"),
        ("default(1)", "'default' has a wrong number of arguments"),
        ("[1].map(a, [1].map(b, [1].map(c, [1].map(d, d))))", "lists are run over more than 3 deep"),
        ("Foo{a: 1}", "messages cannot be made here"),
        ("(" * 200 + "1" + ")" * 200, "not an expression"),
        ("true" + " && true" * 1200, f"longer than {MAX_LENGTH} characters"),
    ],
)
def test_a_wrong_expression_is_refused_when_it_is_compiled(source, message):
    with pytest.raises(ExpressionError) as raised:
        compile_expression(source)
    assert message in str(raised.value)


@pytest.mark.parametrize(
    "source",
    [
        '"sk-live-canary" +',
        "'sk-live-canary'.foo()",
        "sk_live_canary_0123456789 == 1",
        'request.headers.x == sk_live_canary_0123456789 "',
        'mcp == """sk-live-canary"""',
    ],
)
def test_an_error_never_quotes_what_might_be_a_key(source):
    with pytest.raises(ExpressionError) as raised:
        compile_expression(source)
    assert "canary" not in str(raised.value)


def test_a_failing_function_logs_nothing_of_what_it_was_given(caplog):
    assert compile_expression('json("canary {")').evaluate(variables()) is None
    assert "canary" not in caplog.text


def test_a_regular_expression_cannot_hang():
    slow = Variables({"llmRequest": lambda: "a" * 100_000 + "!"})
    assert compile_expression("llmRequest.matches('^(a+)+$')").evaluate(slow) is False
    assert compile_expression("llmRequest.regexReplace('^(a+)+$', 'b').size()").evaluate(slow) == 100_001


_PIECES = st.sampled_from(
    [
        "request",
        "llm",
        "prompt",
        "headers",
        "default",
        "coalesce",
        "with",
        "map",
        "filter",
        "mapValues",
        "flatten",
        "variables",
        "has",
        "true",
        "null",
        "1",
        "1.5",
        '"a"',
        "'b",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ",",
        ".",
        ":",
        "?",
        "==",
        "&&",
        "||",
        "!",
        "-",
        "+",
        "*",
        "/",
        "in",
        "x",
        "y",
        "_",
        "\\",
        '"',
        "'''",
        "//",
        "#",
        "$",
        "é",
    ]
)


@settings(max_examples=400, deadline=None)
@given(st.lists(_PIECES, max_size=14).map(" ".join) | st.text(max_size=30))
def test_no_text_raises_anything_but_an_expression_error(source):
    try:
        expression = compile_expression(source, flattens=True)
    except ExpressionError:
        return
    expression.evaluate(variables())


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=10,
)
_READERS = [
    compile_expression(one, flattens=True)
    for one in (
        "flattenRecursive(llmRequest)",
        "toJson(llmRequest)",
        "llmRequest.map(a, default(a.b, a))",
        "llmRequest.mapValues(v, string(v))",
        "json(toJson(llmRequest))",
        "llmRequest + llmRequest",
        "llmRequest.a.b == llmRequest.c[0]",
    )
]


@settings(max_examples=200, deadline=None)
@given(_JSON)
def test_no_value_makes_an_evaluation_raise(value):
    for reader in _READERS:
        reader.evaluate(Variables({"llmRequest": lambda: value}))
