"""What is recognised and what is not, and that no text takes for ever."""

from __future__ import annotations

import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from agw.content.recognisers import MAX_MATCH, RECOGNISERS

FOUND = {
    "creditCard": [
        "4111111111111111",
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "4111\u00a01111\u00a01111\u00a01111",
        "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
        "378282246310005",
        "3782 822463 10005",
        "30569309025904",
        "6011111111111117",
        "5555555555554444",
        "2223003122003222",
        "6304000000000000",
    ],
    "email": ["ada@example.com", "a.b+c-d_e@mail.ex-ample.co.uk", "JÖRG@exämple.de", "o'neil@example.org", "a@b.de"],
    "phoneNumber": [
        "+49 170 1234567",
        "+14155552671",
        "+1 (415) 555-2671",
        "+44 (0)20 7946 0958",
        "(415) 555-2671",
        "415-555-2671",
        "415.555.2671",
        "1-415-555-2671",
        "020 7946 0958",
        "030/1234567",
        "0170 1234567",
    ],
    "ssn": ["536-90-4399", "536 90 4399"],
    "caSin": ["130-692-544", "130 692 544"],
    "iban": [
        "DE89370400440532013000",
        "DE89 3704 0044 0532 0130 00",
        "GB82WEST12345698765432",
        "gb82 west 1234 5698 7654 32",
    ],
    "apiKeys": [
        "sk-abcdefghijklmnopqrstuvwx",
        "sk-proj-Ab12_cd-34efghijklmnop",
        "sk-ant-api03-abcdefghijklmnopqrst",
        "sk-or-v1-0123456789abcdef",
        "sk-lf-01234567-89ab-cdef-0123-456789abcdef",
        "pk-lf-01234567-89ab-cdef-0123-456789abcdef",
        "sk_live_abcdefghijklmnop1234",
        "AKIAIOSFODNN7EXAMPLE",
        "AIzaSyA1234567890abcdefghijklmnopqrstuv",
        "ya29.a0AfH6SMBxxxxxxxxxxxxxxxx",
        "ghp_0123456789abcdefghijklmnopqrstuvwxyz",
        "github_pat_11ABCDEFG0123456789abc",
        "glpat-abcdefghij0123456789",
        "xoxb-123456789012-abcdefghij",
        "hf_abcdefghijklmnopqrstuvwxyzabcdefgh",
        "gsk_abcdefghijklmnopqrstuvwxyz",
        "xai-abcdefghijklmnopqrstuvwxyz",
        "lsv2_pt_0123456789abcdef0123456789abcdef_0123456789",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
        "Bearer abcdefghijklmnopqrstuvwxyz0123456789==",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\nabc=\n-----END RSA PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\\nMIIEowIBAAKCAQEAabc=\\n-----END PRIVATE KEY-----",
        "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW\n",
    ],
}
NOT_FOUND = {
    "creditCard": [
        "4111111111111112",
        "1700000000000",
        "0000000000000000",
        "41111111111111111111111",
        "4111 1111",
        "c0ffee" + "4111111111111111" + "deadbeef" * 5,
    ],
    "email": ["@ada", "ada@", "ada@example", "a @ b.c", "@media (max-width: 1px)", "x@1.2"],
    "phoneNumber": [
        "2026-11-25 01:02:03",
        "192.168.100.200",
        "1.234.567,89",
        "12345678",
        "+1",
        "10.1000/182",
        "v0.12 345",
    ],
    "ssn": ["000-12-3456", "666-12-3456", "536904399", "1536-90-4399", "536-00-4399"],
    "caSin": ["130-692-545", "130692544"],
    "iban": ["DE00370400440532013000", "ZZ89370400440532013000", "ab12cd34ef56ab78cd90ef12ab34cd56"],
    "apiKeys": [
        "sk-short",
        "task-abcdefghijklmnopqrstuvwx",
        "AKIAIOSFODNN7",
        "eyJ.eyJ.x",
        "the bearer of bad news",
        "risk-free-abcdefghijklmnopqrst",
    ],
}


def spans(name: str, text: str) -> list[str]:
    return [text[slice(*span)] for span in RECOGNISERS[name].find(text, 0)]


@pytest.mark.parametrize(("name", "text"), [(name, one) for name, every in FOUND.items() for one in every])
@pytest.mark.parametrize("around", ["%s", "so: %s, ok", '{"a":"%s"}', "(%s)", "%s\n%s"], ids=repr)
def test_it_is_found_whole_wherever_it_stands(name, text, around):
    shown = around.replace("%s", text)
    assert [one.strip() for one in spans(name, shown)] == [text.strip()] * around.count("%s")


@pytest.mark.parametrize(("name", "text"), [(name, one) for name, every in NOT_FOUND.items() for one in every])
def test_what_only_looks_alike_is_not_found(name, text):
    assert spans(name, f"see {text} here") == []


def test_a_number_in_front_does_not_hide_the_card_behind_it():
    assert spans("creditCard", "order 1234 4111 1111 1111 1111 12/26") == ["4111 1111 1111 1111"]


def test_words_behind_an_iban_are_not_a_part_of_it():
    assert spans("iban", "DE89 3704 0044 0532 0130 00 AND MORE") == ["DE89 3704 0044 0532 0130 00"]


def coarse(name: str) -> re2._Regexp:
    return re2.compile(RECOGNISERS[name].coarse)


@pytest.mark.parametrize("name", RECOGNISERS)
@given(data=st.data())
def test_the_coarse_pattern_misses_nothing_that_the_exact_search_finds(name, data):
    known = st.sampled_from(FOUND[name])
    noise = st.text(st.sampled_from("0123456789 .-+()/@abcXYZ_\u00a0"), max_size=12)
    text = data.draw(st.tuples(noise, known | noise, noise, known, noise).map("".join))
    if spans(name, text):
        assert coarse(name).search(text) is not None


@pytest.mark.parametrize("name", RECOGNISERS)
@pytest.mark.parametrize(
    "piece",
    ["4 ", "41111111111111111111111", "AB12 ", "GB82 ", "a@", "a" * 63 + "@b.", "+1 ", "(415) ", "0170 ", "eyJ", "eyJa.", "sk-",
     "-----BEGIN PRIVATE KEY-----", "-----BEGIN ", "bearer ", "536-90-", "130 692 ", "- ", "\\n", "A" * 100 + " "],
    ids=lambda piece: piece[:12],
)  # fmt: skip
def test_no_text_takes_for_ever(name, piece):
    text = piece * (100_000 // len(piece))
    assert len(spans(name, text)) <= len(text)


def test_what_is_recognised_is_never_longer_than_a_windows_overlap():
    assert max(len(one) for every in FOUND.values() for one in every) < MAX_MATCH
    for key in ("A" * 20_000, ("A" * 64 + "\n") * 400, "A " * 20_000):
        assert all(len(one) <= MAX_MATCH for one in spans("apiKeys", f"-----BEGIN PRIVATE KEY-----\n{key}"))
        assert all(
            len(one) <= MAX_MATCH
            for one in spans("apiKeys", f"-----BEGIN PRIVATE KEY-----{key}-----END PRIVATE KEY-----")
        )
