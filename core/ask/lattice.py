"""A question's words as tokens: the longest phrase of the vocabulary, time or number that stands at each place."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from core.ask.lexicon import WORDS_TOO
from core.ask.time_grammar import read_time
from core.ask.time_periods import Time
from core.ask.time_words import NUMBERS
from core.ask.vocabulary import Term, Vocabulary
from core.ask.words import Word

_ARTICLES: Final = frozenset({"a", "an"})
_BOUNDS: Final = frozenset({"over", "above", "than", "under", "below", "least", "most", "exactly", "exceeding"})
# Behind these, "us" is who asks; anywhere else it is the country.
_BEFORE_US: Final = frozenset(
    {"tell", "give", "show", "pay", "pays", "paying", "paid", "let", "cost", "costs", "to", "with", "left", "owe"}
)
_BEFORE_PLACES: Final = frozenset({"in", "from", "the", "and", "for", "of"})


@dataclass(frozen=True)
class Token:
    """Some words with all they may mean; with neither terms nor time nor number, they are not understood."""

    start: int
    length: int
    text: str
    terms: tuple[Term, ...] = ()
    time: Time | None = None
    number: Decimal | None = None
    unit: str = ""

    @property
    def known(self) -> bool:
        """Whether the words mean anything."""
        return bool(self.terms) or self.time is not None or self.number is not None

    def has(self, kind: str, *members: str) -> bool:
        """Whether one of the meanings is of a kind, and of one of some members where these are given."""
        return any(term.kind == kind and (not members or term.member in members) for term in self.terms)

    def role(self, *roles: str) -> bool:
        """Whether the words play one of some roles."""
        return self.has("role", *roles)


def tokens(words: Sequence[Word], vocabulary: Vocabulary, today: date) -> tuple[Token, ...]:
    """Return the words as tokens, each word in exactly one."""
    plain = [word.text for word in words]
    shouted = all(word.shown.isupper() for word in words if word.shown.isalpha())
    found: list[Token] = []
    at = 0
    while at < len(words):
        found.append(_token(words, plain, at, vocabulary, today, shouted=shouted))
        at += found[-1].length
    return tuple(found)


def _token(
    words: Sequence[Word], plain: Sequence[str], at: int, vocabulary: Vocabulary, today: date, *, shouted: bool
) -> Token:
    length, terms = _phrase(words, plain, at, vocabulary, shouted=shouted)
    time = _time(words, plain, at, today)
    if time is not None and time.length >= max(length, 1):
        return Token(at, time.length, " ".join(plain[at : at + time.length]), time=time)
    if length:
        return Token(at, length, " ".join(plain[at : at + length]), terms)
    word = words[at]
    if word.number is not None:
        return Token(at, 1, word.text, number=word.number, unit=word.unit)
    if word.text in NUMBERS and word.text not in _ARTICLES:
        return Token(at, 1, word.text, number=Decimal(NUMBERS[word.text]))
    return Token(at, 1, word.text)


def _time(words: Sequence[Word], plain: Sequence[str], at: int, today: date) -> Time | None:
    """Read a time, but none out of a bare number behind "over", which is a bound."""
    time = read_time(plain, at, today)
    if time is not None and time.length == 1 and words[at].number is not None and at and plain[at - 1] in _BOUNDS:
        return None
    if time is None or plain[at] != "over":
        return time
    following = words[at + 1] if at + 1 < len(words) else None
    return None if following is not None and following.number is not None and time.length == 2 else time


def _phrase(
    words: Sequence[Word], plain: Sequence[str], at: int, vocabulary: Vocabulary, *, shouted: bool
) -> tuple[int, tuple[Term, ...]]:
    longest = min(vocabulary.longest.get(plain[at], 0), len(plain) - at)
    for length in range(longest, 0, -1):
        terms = vocabulary.terms.get(tuple(plain[at : at + length]))
        if terms is None:
            continue
        if length == 1 and len(plain[at]) == 2:
            terms = _short(terms, words[at], plain[at - 1] if at else "", shouted=shouted)
        if terms:
            return length, terms
    return 0, ()


def _short(terms: tuple[Term, ...], word: Word, before: str, *, shouted: bool) -> tuple[Term, ...]:
    """Keep a country's two letters only where they are meant as such, and nothing else then."""
    countries = tuple(term for term in terms if term.kind == "value" and term.member == "country")
    others = tuple(term for term in terms if term not in countries)
    if not countries or word.text == "uk":
        return terms
    if word.text == "us":
        return others if before in _BEFORE_US else countries
    meant = word.shown.isupper() and (before in _BEFORE_PLACES or (not shouted and word.text not in WORDS_TOO))
    if word.text == "it" and word.shown == "IT" and not meant:
        return ()
    return countries if meant else others
