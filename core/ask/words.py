"""A question as words: normalized, split, with its numbers read."""

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

LONGEST: Final = 500
_STRAIGHT: Final = str.maketrans(
    {"’": "'", "‘": "'", "`": "'", "“": '"', "”": '"', "&": " and ", "+": " and ", "≥": " >= ", "≤": " <= "}
)
_SPELLED: Final = (
    (re.compile(r"\by/y\b", re.IGNORECASE), "yoy"),
    (re.compile(r"\bm/m\b", re.IGNORECASE), "mom"),
    (re.compile(r",\s(?=\s*[^\W\d_])"), " and "),
    (re.compile(r"n't\b", re.IGNORECASE), " not"),
    (re.compile(r"'(?:s|re|ve|d|m|ll)\b", re.IGNORECASE), " "),
    (re.compile(r"(?<=\d)\s?(?:percent|per cent|pct)\b", re.IGNORECASE), "%"),
    (re.compile(r"(?<![\d\s])\s*%|^%|(?<=\D)\s%"), " percentage "),
    (re.compile(r"\b(\d+)d\b", re.IGNORECASE), r"\1 days"),
)
_WORD: Final = re.compile(
    r"""(?P<day>\d{4}-\d\d(?:-\d\d)?(?![\d-])|\d{4}/\d\d?/\d\d?|\d\d?[./]\d\d?[./]\d{4})
    |(?:(?P<sign>[$€£]|\b(?:usd|eur|gbp)(?=\s?\d))\s?)?(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)
        (?:\s?(?P<unit>%|k\b|m\b|bn\b|thousand\b|million\b|billion\b))?(?:\s?(?P<after>€|\b(?:usd|eur|dollars?|euros?)\b))?(?![a-z\d])
    |(?P<word>\d+(?:st|nd|rd|th)\b|[^\W_]+(?:'[^\W_]+)*)
    |(?P<op>[<>]=?|=)""",
    re.VERBOSE | re.IGNORECASE,
)
_TIMES: Final = {
    **{"k": 1_000, "thousand": 1_000, "m": 1_000_000, "million": 1_000_000, "bn": 10**9, "billion": 10**9},
    **{"": 1, "%": 1},
}
_DOLLARS: Final = frozenset({"$", "usd", "dollar", "dollars"})


@dataclass(frozen=True, slots=True)
class Word:
    """One word: `text` in lower case, `shown` as it was written; `number` where it is one.

    `unit` of a number: "%", "money" (dollars), another currency's sign, or nothing.
    """

    text: str
    shown: str
    number: Decimal | None = None
    unit: str = ""


def normalized(text: str) -> str:
    """Return a question in one form: compatible characters made equal, invisible ones taken out, spaces made one."""
    plain = unicodedata.normalize("NFKC", text)
    kept = "".join(
        " " if unicodedata.category(each) in {"Cc", "Zl", "Zp"} else each
        for each in plain
        if unicodedata.category(each) not in {"Cf", "Cs", "Co", "Cn"}
    )
    return re.sub(r"\s+", " ", kept).strip()


def words_of(text: str) -> tuple[Word, ...]:
    """Return the words and numbers of a question, in order; punctuation and possessives are left out."""
    plain = text.translate(_STRAIGHT)
    for pattern, instead in _SPELLED:
        plain = pattern.sub(instead, plain)
    return tuple(_word(found) for found in _WORD.finditer(plain))


def _word(found: re.Match[str]) -> Word:
    shown = found[0].strip()
    if found["number"] is None:
        return Word(shown.lower(), shown)
    scale = (found["unit"] or "").lower()
    number = Decimal(found["number"].replace(",", "")) * _TIMES[scale]
    money = (found["sign"] or found["after"] or "").strip().lower()
    unit = "%" if scale == "%" else "money" if money in _DOLLARS else money
    plain = not scale and not money and found["number"].isdecimal()
    return Word(found["number"] if plain else shown.lower(), shown, number, unit)
