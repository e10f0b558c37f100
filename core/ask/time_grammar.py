"""The words for time: "last quarter", "since March", "the last 12 months", "as of 2026-06-30", "month over month".

Pure, from words and the day on which they are said. Spans are half-open; a month or quarter without a year is the
latest one that has begun. Words that mean something else as well ("may", "march", "sat") are times only behind a
preposition or before a year.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Final

from core.ask import calendar_spans as spans
from core.ask.calendar_spans import DAY, GRAINS
from core.ask.time_periods import Time, Words, number_of, period, word_at
from core.ask.time_words import COMPARISONS, GRAIN_PHRASES, NOW, PREPOSITIONS, UNITS
from core.metrics.query import Comparison


def read_time(words: Words, at: int, today: date) -> Time | None:
    """Return the longest time said from word `at` on, or None."""
    found = [time for rule in _RULES if (time := rule(words, at, today)) is not None]
    return max(found, key=lambda time: time.length, default=None)


def _phrase(words: Words, at: int, phrases: dict[tuple[str, ...], str]) -> tuple[int, str] | None:
    """Return length and meaning of the longest of some phrases that stands at a place."""
    for length in range(min(7, len(words) - at), 0, -1):
        meaning = phrases.get(tuple(words[at : at + length]))
        if meaning is not None:
            return length, meaning
    return None


def _now(words: Words, at: int, today: date) -> Time | None:
    found = _phrase(words, at, NOW)
    return Time(found[0], "now") if found else None


def _grain(words: Words, at: int, today: date) -> Time | None:
    found = _phrase(words, at, GRAIN_PHRASES)
    return Time(found[0], "grain", grain=GRAINS[UNITS[found[1]]]) if found else None


def _comparison(words: Words, at: int, today: date) -> Time | None:
    found = _phrase(words, at, COMPARISONS)
    if found is None:
        return None
    compare: Comparison = "same_period_last_year" if found[1] == "year" else "previous_period"
    return Time(found[0], "comparison", compare=compare)


def _duration(words: Words, at: int, today: date) -> Time | None:
    """Read "14 days", "for a week": a length, which only some questions can be asked with."""
    begin = at + (word_at(words, at) in {"for", "in", "within"})
    count, unit = number_of(word_at(words, begin)), UNITS.get(word_at(words, begin + 1))
    if count is None or unit is None:
        return None
    start = spans.shifted(unit, today, -count)
    label = f"{count} {spans.plural(unit, count)}"
    return Time(begin + 2 - at, "duration", spans.span(start, today, label, today), unit)


def _stretch(words: Words, at: int, today: date) -> Time | None:
    """Read a period, alone or behind a preposition and an article."""
    skipped = at
    while word_at(words, skipped) in PREPOSITIONS:
        skipped += 1
    prepared = skipped > at
    if word_at(words, skipped) == "the":
        skipped += 1
    time = period(words, skipped, today, sure=prepared)
    return replace(time, length=time.length + skipped - at) if time else None


def _since(words: Words, at: int, today: date) -> Time | None:
    word = word_at(words, at)
    if word not in {"since", "after", "from", "starting", "until", "till", "before", "through", "to"}:
        return None
    skip = 2 if word_at(words, at + 1) in {"the", "in"} else 1
    time = period(words, at + skip, today, sure=True)
    if time is None or time.span is None:
        return None
    length, named = time.length + skip, time.span
    if word in {"until", "till", "before", "through", "to"}:
        end = named.start if word == "before" else named.end
        found = spans.span(spans.BEGINNING, end, f"{word} {named.label}"[:80], today)
        return replace(time, length=length, kind="span", span=found, open="start", inner=named)
    start = named.end if word == "after" else named.start
    if start > today:
        return replace(time, length=length, kind="span")
    label = f"{'after' if word == 'after' else 'since'} {named.label}"
    found = spans.span(start, today + DAY, label[:80], today)
    return replace(time, length=length, kind="span", span=found, open="end", inner=named)


def _range(words: Words, at: int, today: date) -> Time | None:
    """Read "between X and Y", "from X to Y", "X to Y", both ends included."""
    word = word_at(words, at)
    begin = at + (word in {"between", "from"})
    joints = {"and"} if word == "between" else {"to", "until", "till", "through", "–"}
    first = period(words, begin, today, sure=word in {"between", "from"})
    if first is None or first.span is None or word_at(words, begin + first.length) not in joints:
        return None
    second = period(words, begin + first.length + 1, today, sure=True)
    if second is None or second.span is None:
        return None
    start, end = first.span.start, second.span.end
    if not first.dated and second.dated:
        start = start.replace(year=second.span.start.year)
    if start >= end:
        start = spans.later(start, -12)
    label = f"{first.span.label.removesuffix(f' {first.span.start.year}')} to {second.span.label}"
    length = begin - at + first.length + 1 + second.length
    return Time(length, span=spans.span(start, end, label[:80], today), dated=second.dated)


def _as_of(words: Words, at: int, today: date) -> Time | None:
    """Read "as of X" and "at the end of X": a day."""
    lead = _phrase(words, at, _AS_OF)
    if lead is None:
        return None
    skip, edge = lead
    time = period(words, at + skip, today, sure=True)
    if time is None or time.span is None:
        return None
    first = edge == "start"
    day = time.span.start if first else min(time.span.end - DAY, max(today, time.span.start))
    found = spans.span(day, day + DAY, f"the {'start' if first else 'end'} of {time.span.label}"[:80], today)
    if time.unit == "day":
        found = found.model_copy(update={"label": time.span.label})
    return replace(time, length=time.length + skip, kind="point", span=found, unit="day", inner=time.span)


_AS_OF: Final[dict[tuple[str, ...], str]] = {
    **{tuple(f"{lead} of".split()): "end" for lead in ("as", "as at the end", "at the end", "at end", "by the end")},
    **{tuple(f"{lead} of".split()): "end" for lead in ("the end", "end", "at the close", "the close")},
    **{tuple(f"{lead} of".split()): "start" for lead in ("at the start", "at the beginning", "the start", "start")},
    **{tuple(f"{lead} of".split()): "start" for lead in ("the beginning", "beginning")},
}
_RULES: Final[tuple[Callable[[Words, int, date], Time | None], ...]] = (
    _now,
    _grain,
    _comparison,
    _duration,
    _stretch,
    _since,
    _range,
    _as_of,
)
