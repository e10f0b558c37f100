"""What an unknown word was meant to be: a typing error of a word of the catalogue, or part of a customer's name."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from core.ask.time_words import MONTH_NAMES, UNITS, WEEKDAYS
from core.ask.vocabulary import Vocabulary
from core.ask.words import Word, words_of
from core.metrics.catalog import METRICS
from core.metrics.fields import DIMENSIONS

_TIE: Final = 0.05
_NAME_FROM: Final = 88
_SHORTEST_NAME: Final = 5
_LEAST_SUGGESTED: Final = 4
# How near (1 is the same), of how many words, the label, and the words meant.
_Scored = tuple[float, int, str, tuple[Word, ...]]
_TIME_WORDS: Final = frozenset(
    {word for word in (*MONTH_NAMES, *UNITS, *WEEKDAYS) if len(word) > 4}
    | {"previous", "trailing", "yesterday", "currently", "between", "during", "since", "monthly", "weekly", "quarterly"}
    | {"daily", "yearly", "today"}
)


@dataclass(frozen=True)
class Repair:
    """What `length` words were meant to be: each of `meant` a label with the words to read instead.

    `sure` says that a single meaning may be taken without asking back.
    """

    length: int
    meant: tuple[tuple[str, tuple[Word, ...]], ...]
    sure: bool = True


def repair(words: Sequence[Word], at: int, vocabulary: Vocabulary) -> Repair | None:
    """Return what the unknown word at a place was meant to be, or None where nothing is near."""
    return _by_name(words, at, vocabulary) or _nearest(words, at, vocabulary) or _by_later_word(words, at, vocabulary)


def near(word: str, most: int = 3) -> tuple[str, ...]:
    """Return labels of the catalogue that a word comes near: suggestions, never taken by themselves."""
    if len(word) < _LEAST_SUGGESTED:
        return ()
    said = _suggested()
    found = process.extract(word, list(said), scorer=fuzz.WRatio, limit=3 * most, score_cutoff=78)
    return tuple(dict.fromkeys(said[phrase] for phrase, _, _ in found))[:most]


@functools.cache
def _suggested() -> dict[str, str]:
    named = [(one.label, one.aliases) for one in METRICS.values()] + [
        (one.label, one.aliases) for one in DIMENSIONS.values()
    ]
    return {phrase.lower(): label for label, aliases in named for phrase in (label, *aliases) if len(phrase) > 2}


def _by_name(words: Sequence[Word], at: int, vocabulary: Vocabulary) -> Repair | None:
    """Take the first word of customers' names for them, narrowed by the word behind it where that fits one."""
    names = vocabulary.names.get(words[at].text, ())
    if not names:
        return None
    following = words[at + 1].text if at + 1 < len(words) else ""
    fitting = [name for name in names if len(_keys(name)) > 1 and fuzz.ratio(_keys(name)[1], following) >= _NAME_FROM]
    if len(following) > 2 and fitting:
        return Repair(2, tuple((name, words_of(name)) for name in fitting))
    return Repair(1, tuple((name, words_of(name)) for name in names))


def _nearest(words: Sequence[Word], at: int, vocabulary: Vocabulary) -> Repair | None:
    """Take the nearest words of the catalogue and the nearest names; what is as near as the best is asked back."""
    scored: list[_Scored] = [
        (score, 1, word, (Word(word, word),)) for score, word in _near_words(words[at].text, vocabulary)
    ]
    scored += _near_names(words, at, vocabulary)
    if not scored:
        return None
    best = max(score for score, *_ in scored)
    tied = [one for one in scored if best - one[0] <= _TIE]
    length = max(one[1] for one in tied)
    return Repair(length, tuple((label, meant) for _, used, label, meant in tied if used == length))


def _near_words(word: str, vocabulary: Vocabulary) -> list[tuple[float, str]]:
    """Return words within one edit (from five letters on) or two (from seven), as near as 1 − edits ÷ letters."""
    if len(word) < 5 or not word.isalpha() or word in _english():
        return []
    edits = 1 if len(word) < 7 else 2
    found = process.extract(word, _known(vocabulary), scorer=OSA.distance, score_cutoff=edits, limit=8)
    return [
        (1 - distance / max(len(word), len(known)), known)
        for known, distance, _ in found
        if len(known) > 3 and known[0] == word[0]
    ]


def _near_names(words: Sequence[Word], at: int, vocabulary: Vocabulary) -> list[_Scored]:
    found: dict[str, _Scored] = {}
    for length in range(min(3, len(words) - at), 0, -1):
        said = " ".join(word.text for word in words[at : at + length])
        if len(said) < _SHORTEST_NAME:
            continue
        for name, score, place in process.extract(
            said, _lowered(vocabulary.customers, length), scorer=fuzz.ratio, score_cutoff=_NAME_FROM, limit=8
        ):
            if name[:1] == said[:1]:
                whole = vocabulary.customers[place]
                found.setdefault(whole, (score / 100, length, whole, words_of(whole)))
    return list(found.values())


def _by_later_word(words: Sequence[Word], at: int, vocabulary: Vocabulary) -> Repair | None:
    """Ask back where a word is a later one of a name: too little to be taken for it."""
    word = words[at].text
    if len(word) < 4:
        return None
    names = [name for name in vocabulary.customers if word in _keys(name)[1:]][:5]
    return Repair(1, tuple((name, words_of(name)) for name in names), sure=False) if names else None


@functools.cache
def _english() -> frozenset[str]:
    """Return common English words: what is a word already is no typing error of another ("predict", "trail")."""
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # word lists that guesses of passwords are made from; 65 ms

    return frozenset(FREQUENCY_LISTS["english_wikipedia"]) | frozenset(FREQUENCY_LISTS["us_tv_and_film"])


@functools.lru_cache(maxsize=20_000)
def _keys(name: str) -> tuple[str, ...]:
    return tuple(word.text for word in words_of(name))


@functools.lru_cache(maxsize=16)
def _lowered(names: tuple[str, ...], length: int) -> tuple[str, ...]:
    """Return the first words of names, as many as are compared."""
    return tuple(" ".join(_keys(name)[:length]) for name in names)


def _known(vocabulary: Vocabulary) -> tuple[str, ...]:
    return _sorted(vocabulary.words)


@functools.lru_cache(maxsize=16)
def _sorted(words: frozenset[str]) -> tuple[str, ...]:
    return tuple(sorted(words | _TIME_WORDS))
