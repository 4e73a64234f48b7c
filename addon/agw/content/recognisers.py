"""What personal data and secrets look like.

Each recogniser has two parts: a coarse pattern without look-around, all of which run in one pass of RE2 over a text,
and an exact search, which runs only where the coarse one found something. Every exact pattern has bounded repetition,
so its time grows with the text alone; each begins with a set of characters and looks behind only then, since that is
what ``re`` skips text by. What a checksum can tell is left to python-stdnum.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from stdnum import iban, luhn, numdb
from stdnum.ca import sin
from stdnum.us import ssn

MAX_MATCH = 16_384
"""Characters of the longest thing that is recognised whole: a private key of 16,384 bits has 12,500."""

Span = tuple[int, int]
Find = Callable[[str, int], Iterator[Span]]
"""All that is recognised from a position on, in its order."""


@dataclass(frozen=True, slots=True)
class Recogniser:
    name: str
    coarse: str
    find: Find


def _by(pattern: str, check: Callable[[str], int] = len, *, not_in_hex: bool = False) -> Find:
    """``check`` gives how many characters of a match are meant, from its start; 0: none. ``not_in_hex``: digits of a
    hash are not looked at."""
    exact = re.compile(pattern)

    def find(text: str, at: int) -> Iterator[Span]:
        while (found := exact.search(text, at)) is not None:
            # What failed its check may still hold, from its next group on, what passes.
            at = found.start() + 1
            if not_in_hex and _in_hex(text, *found.span()):
                continue
            if length := check(found[0]):
                at = found.start() + length
                yield found.start(), at

    return find


_GAP = r"[ \u00a0\u2007\u2009\u202f.-]"
"""Between groups of digits: spaces of all widths, dots and dashes."""
_COARSE_GAP = r"[ \x{a0}\x{2007}\x{2009}\x{202f}.-]"


_HASH = re.compile(r"[0-9a-fA-F]{32,128}")


def _in_hex(text: str, start: int, end: int) -> bool:
    """Whether the span lies in a hash or an id: 32 hexadecimal digits or more, not all of them decimal."""
    base = max(start - 128, 0)
    around = _HASH.finditer(text[base : end + 128])
    return any(base + one.start() <= start and end <= base + one.end() and not one[0].isdecimal() for one in around)


def _compact(text: str) -> str:
    return re.sub(_GAP, "", text)


def _group_ends(text: str) -> list[int]:
    """Where a group of digits or letters ends, the last one first."""
    return [
        index + 1
        for index in range(len(text) - 1, -1, -1)
        if text[index].isalnum() and (index + 1 == len(text) or not text[index + 1].isalnum())
    ]


def _card(text: str) -> int:
    """The longest run of whole groups that is a card number: 13 to 19 digits, a known first digit, Luhn's sum."""
    for end in _group_ends(text):
        number = _compact(text[:end])
        if 13 <= len(number) <= 19 and (number[0] in "3456" or "22" <= number[:2] <= "27") and luhn.is_valid(number):
            return end
    return 0


@cache
def _iban_length(country: str) -> int:
    """0 for what is no country with IBANs."""
    found = numdb.get("iban").info(country)
    shape = found[0][1].get("bban", "") if found and found[0][0] == country else ""
    return 4 + sum(int(length) for length in re.findall(r"[0-9]+", shape)) if shape else 0


def _iban(text: str) -> int:
    length = _iban_length(text[:2].upper())
    for end in _group_ends(text) if length else ():
        number = _compact(text[:end])
        if len(number) == length:
            return end if iban.is_valid(number) else 0
    return 0


def _ssn(text: str) -> int:
    return len(text) if ssn.is_valid(_compact(text)) else 0


def _sin(text: str) -> int:
    return len(text) if sin.is_valid(_compact(text)) else 0


_LOCAL = re.compile(r"[\w.%+'-]{1,64}\Z")
_DOMAIN = re.compile(r"@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,8}[^\W\d_]{2,24}(?![\w-])")


def _email(text: str, at: int) -> Iterator[Span]:
    while (sign := text.find("@", at)) >= 0:
        local, domain = _LOCAL.search(text[max(sign - 64, at) : sign]), _DOMAIN.match(text, sign)
        at = sign + 1
        if local is not None and domain is not None:
            at = domain.end()
            yield sign - len(local[0]), at


# Keys and tokens by their issuers' prefixes. All are followed by what no key holds, so that a key is taken whole.
_KEYS = (
    r"sk-[A-Za-z0-9_-]{16,512}",  # OpenAI, Anthropic, OpenRouter, DeepSeek, Langfuse (also pk-lf-)
    r"pk-lf-[a-f0-9-]{32,40}",
    r"(?:sk|rk|pk|whsec)_(?:live_|test_)?[A-Za-z0-9]{16,256}",  # Stripe, Helicone
    r"(?:AKIA|ASIA|AROA|AIDA|ABIA|ACCA)[A-Z0-9]{16}",  # AWS
    r"AIza[A-Za-z0-9_-]{35}",  # Google
    r"ya29\.[A-Za-z0-9_-]{20,2048}",
    r"gh[pousr]_[A-Za-z0-9]{36,255}",  # GitHub
    r"github_pat_[A-Za-z0-9_]{22,255}",
    r"glpat-[A-Za-z0-9_-]{20,255}",  # GitLab
    r"xox[abeoprs]-[A-Za-z0-9-]{10,255}",  # Slack
    r"xapp-[A-Za-z0-9-]{10,255}",
    r"hf_[A-Za-z0-9]{30,64}",  # Hugging Face
    r"gsk_[A-Za-z0-9]{20,128}",  # Groq
    r"xai-[A-Za-z0-9]{20,128}",
    r"pplx-[A-Za-z0-9]{32,128}",
    r"lsv2_(?:pt|sk)_[a-f0-9]{32}_[a-f0-9]{10}",  # LangSmith
    r"npm_[A-Za-z0-9]{36}",
    r"pypi-AgEI[A-Za-z0-9_-]{50,1024}",
    r"SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{32,64}",  # SendGrid
    r"eyJ[A-Za-z0-9_-]{8,4096}\.eyJ[A-Za-z0-9_-]{8,8192}\.[A-Za-z0-9_-]{0,2048}",  # JWT
)
_PEM_NAME = r"(?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----"
# Up to its end, whatever headers and escaped line breaks it has; without one, as far as it looks like base64.
_PEM = (
    rf"-----BEGIN {_PEM_NAME}(?:(?:[^-]|-(?!----)){{0,14000}}+-----END {_PEM_NAME}"
    r"|(?:[\s\\nr]{0,4}[A-Za-z0-9+/=]{16,128}+){0,110})"
)
_BEARER = r"(?i:bearer)[ \t]{1,4}[A-Za-z0-9._~+/-]{20,4096}={0,2}"

RECOGNISERS: dict[str, Recogniser] = {
    one.name: one
    for one in (
        Recogniser(
            "apiKeys",
            r"sk-|pk-lf-|(?:sk|rk|pk|whsec)_|AKIA|ASIA|AROA|AIDA|ABIA|ACCA|AIza|ya29\.|gh[pousr]_|github_pat_|glpat-"
            r"|xox[abeoprs]-|xapp-|hf_|gsk_|xai-|pplx-|lsv2_|npm_|pypi-AgEI|SG\.|eyJ|PRIVATE KEY|(?i:bearer)[ \t]",
            _by(rf"{_PEM}|(?<![A-Za-z0-9])(?:{'|'.join(_KEYS)}|{_BEARER})(?![A-Za-z0-9])"),
        ),
        Recogniser(
            "iban",
            rf"[A-Za-z]{{2}}[0-9]{{2}}(?:{_COARSE_GAP}?[A-Za-z0-9]){{11}}",
            _by(rf"[A-Za-z](?<![A-Za-z0-9].)[A-Za-z][0-9]{{2}}(?:{_GAP}?[A-Za-z0-9]){{11,30}}+(?![A-Za-z0-9])", _iban),
        ),
        Recogniser(
            "creditCard",
            rf"[0-9](?:{_COARSE_GAP}?[0-9]){{12}}",
            _by(rf"[0-9](?<![0-9].)(?:{_GAP}?[0-9]){{12,24}}+(?![0-9])", _card, not_in_hex=True),
        ),
        Recogniser(
            "ssn",
            rf"[0-9]{{3}}{_COARSE_GAP}[0-9]{{2}}{_COARSE_GAP}[0-9]{{4}}",
            _by(rf"[0-9](?<![0-9.-].)[0-9]{{2}}{_GAP}[0-9]{{2}}{_GAP}[0-9]{{4}}(?![0-9])", _ssn),
        ),
        Recogniser(
            "caSin",
            rf"[0-9]{{3}}{_COARSE_GAP}[0-9]{{3}}{_COARSE_GAP}[0-9]{{3}}",
            _by(rf"[0-9](?<![0-9.-].)[0-9]{{2}}{_GAP}[0-9]{{3}}{_GAP}[0-9]{{3}}(?![0-9])", _sin),
        ),
        Recogniser(
            "phoneNumber",
            r"\+[0-9]|[0-9]{3}\)|[0-9]{3}[\x{a0} .-][0-9]{3}[\x{a0} .-]|0[0-9]{1,4}[ /-][0-9]{3}",
            _by(
                # International; North American; national with a leading 0.
                r"[+(0-9](?<![\w+].)(?:"
                r"(?<=\+)[0-9](?:[ \u00a0.()/-]{0,3}[0-9]){6,14}"
                r"|(?:(?<=1)[ .-](?:\([2-9][0-9]{2}\)[ \u00a0]?|[2-9][0-9]{2}[ \u00a0.-])"
                r"|(?<=\()[2-9][0-9]{2}\)[ \u00a0]?|(?<=[2-9])[0-9]{2}[ \u00a0.-])[2-9][0-9]{2}[ \u00a0.-][0-9]{4}"
                r"|(?<![.,/-].)(?<=0)[1-9][0-9]{0,3}[ /-][0-9]{3,4}[ -]?[0-9]{3,5}"
                r")(?![0-9])"
            ),
        ),
        Recogniser("email", r"@", _email),
    )
}
"""By the name that the config uses (five of them are the reference's, agentgateway.md §1.8), in the order in which they
are applied: what holds another thing comes first."""
