"""Plain periods: "last quarter", "the past 30 days", "Q3 2025", "15 March 2026", "three months ago", "Monday"."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Literal

from core.ask import calendar_spans as spans
from core.ask.calendar_spans import DAY, Unit
from core.ask.time_words import MONTH_NAMES, NUMBERS, ORDINALS, PLAIN_TOO, UNITS, WEEKDAYS
from core.metrics.query import Comparison, Grain, Span

Words = Sequence[str]


@dataclass(frozen=True)
class Time:
    """What some words say about time, and how many of them (`length`).

    kind `span`: a stretch; `point`: a day (`unit` says how coarsely it was named); `now`; `grain`: steps; `comparison`;
    `duration`: a length of time up to today ("for 14 days").
    `open` says that only one end was named: "since" leaves the end open, "until" the start. `dated`: with a year.
    `inner`: the stretch that "since", "until" or "as of" was said of.
    """

    length: int
    kind: Literal["span", "point", "now", "grain", "comparison", "duration"] = "span"
    span: Span | None = None
    unit: Unit | None = None
    grain: Grain | None = None
    compare: Comparison | None = None
    open: Literal["", "start", "end"] = ""
    assumption: str = ""
    dated: bool = False
    inner: Span | None = None


def word_at(words: Words, at: int) -> str:
    """Return a word, empty beyond the ends."""
    return words[at] if 0 <= at < len(words) else ""


def period(words: Words, at: int, today: date, *, sure: bool) -> Time | None:
    """Read the longest plain period at a place; `sure` where what stands before says that a time follows."""
    if word_at(words, at) == "the":
        time = period(words, at + 1, today, sure=sure)
        return replace(time, length=time.length + 1) if time else None
    sure = sure or word_at(words, at) not in PLAIN_TOO
    found = [time for rule in _PERIODS if (time := rule(words, at, today)) is not None]
    found += [time for rule in _NAMES if (time := rule(words, at, today)) is not None and (sure or time.dated)]
    return max(found, key=lambda time: time.length, default=None)


def number_of(word: str) -> int | None:
    """Return a small number in digits or as a word, else None."""
    if word.isdecimal() and len(word) <= 3:
        return int(word)
    return NUMBERS.get(word)


def _year(word: str) -> int | None:
    found = re.fullmatch(r"(?:fy|cy)?(19\d\d|20\d\d)|fy(\d\d)", word)
    if found is None:
        return None
    return int(found[1]) if found[1] else 2000 + int(found[2])


def _year_behind(words: Words, at: int, today: date) -> tuple[int | None, int]:
    """Return the year named from a place on ("2025", "of 2025", "last year") and the number of its words."""
    skip = 1 if word_at(words, at) in {"of", "in"} else 0
    found = _year(word_at(words, at + skip))
    if found is not None:
        return found, skip + 1
    if word_at(words, at + skip + 1) == "year" and word_at(words, at + skip) in {"this", "last", "previous"}:
        return today.year - (word_at(words, at + skip) != "this"), skip + 2
    return None, 0


def _this(words: Words, at: int, today: date) -> Time | None:
    """Read "this quarter", "this year so far", "so far this month"."""
    so_far = tuple(words[at : at + 2]) == ("so", "far")
    begin = at + 2 if so_far else at
    unit = UNITS.get(word_at(words, begin + 1))
    if word_at(words, begin) not in {"this", "current", "running"} or unit is None:
        return None
    length = begin - at + 2
    if tuple(words[begin + 2 : begin + 4]) == ("so", "far"):
        so_far, length = True, length + 2
    found = spans.to_date(unit, today) if so_far else spans.this(unit, today)
    return Time(length, span=found, unit=unit)


def _to_date(words: Words, at: int, today: date) -> Time | None:
    short = {"ytd": "year", "mtd": "month", "qtd": "quarter", "wtd": "week"}.get(word_at(words, at))
    if short is not None:
        return Time(1, span=spans.to_date(UNITS[short], today))
    unit = UNITS.get(word_at(words, at))
    if unit is not None and tuple(words[at + 1 : at + 3]) == ("to", "date"):
        return Time(3, span=spans.to_date(unit, today))
    return None


def _last(words: Words, at: int, today: date) -> Time | None:
    """Read "last month", "the past 30 days", "trailing twelve months", "ttm"."""
    word = word_at(words, at)
    if word in {"ttm", "ltm"}:
        found, said = spans.last_whole(12, "month", today)
        return Time(1, span=found, assumption=said)
    if word not in {"last", "previous", "prior", "past", "trailing", "preceding", "rolling", "recent"}:
        return None
    count, after = number_of(word_at(words, at + 1)), at + 2
    if tuple(words[at + 1 : at + 3]) == ("couple", "of"):
        count, after = 2, at + 3
    if count is None:
        after = at + 1
    unit = UNITS.get(word_at(words, after))
    if unit is None or count == 0:
        return None
    length = after + 1 - at
    if count is None and word in {"last", "previous", "prior", "preceding"}:
        return Time(length, span=spans.last(unit, today), unit=unit)
    if count is None and unit == "week":
        count, unit = 7, "day"
    found, said = spans.last_whole(count or 1, unit, today)
    return Time(length, span=found, assumption=said)


def _next(words: Words, at: int, today: date) -> Time | None:
    if word_at(words, at) not in {"next", "coming", "upcoming", "following"}:
        return None
    count = number_of(word_at(words, at + 1))
    unit = UNITS.get(word_at(words, at + (1 if count is None else 2)))
    if unit is None or count == 0:
        return None
    if count is None:
        return Time(2, span=spans.following(unit, today), unit=unit)
    return Time(3, span=spans.coming(count, unit, today))


def _ago(words: Words, at: int, today: date) -> Time | None:
    count, unit = number_of(word_at(words, at)), UNITS.get(word_at(words, at + 1))
    if count is None or unit is None or word_at(words, at + 2) not in {"ago", "back", "earlier"}:
        return None
    return Time(3, "point", spans.ago(count, unit, today), unit)


def _day_name(words: Words, at: int, today: date) -> Time | None:
    word = word_at(words, at)
    days = {"today": 0, "yesterday": -1, "tomorrow": 1}
    if word in days:
        found = [spans.last("day", today), spans.this("day", today), spans.following("day", today)][days[word] + 1]
        return Time(1, span=found, unit="day")
    if tuple(words[at : at + 3]) == ("day", "before", "yesterday"):
        return Time(3, span=spans.day(today - 2 * DAY, today), unit="day")
    return None


def _iso(words: Words, at: int, today: date) -> Time | None:
    """Read 2026-06-30, 2026/06/30, 30.06.2026, 2026-06; 4/30/2026 where only one reading of it is a day."""
    word = word_at(words, at)
    found = re.fullmatch(r"(\d{4})-(\d\d)", word)
    try:
        if found:
            return Time(1, span=spans.month(int(found[2]), int(found[1]), today), unit="month", dated=True)
        day = _written_day(word)
    except ValueError:
        return None
    return Time(1, span=spans.day(day, today), unit="day", dated=True) if day else None


def _written_day(word: str) -> date | None:
    if found := re.fullmatch(r"(\d{4})[-/](\d\d?)[-/](\d\d?)", word):
        return date(int(found[1]), int(found[2]), int(found[3]))
    if found := re.fullmatch(r"(\d\d?)\.(\d\d?)\.(\d{4})", word):
        return date(int(found[3]), int(found[2]), int(found[1]))
    if found := re.fullmatch(r"(\d\d?)/(\d\d?)/(\d{4})", word):
        one, other = int(found[1]), int(found[2])
        if one > 12 or one == other:
            return date(int(found[3]), other, one)
        if other > 12:
            return date(int(found[3]), one, other)
    return None


def _part(words: Words, at: int, today: date) -> Time | None:
    """Read Q3, "third quarter of 2025", "2025 Q3", H1, "first half of last year"."""
    before = _year(word_at(words, at))
    begin = at + (before is not None)
    word = word_at(words, begin)
    short = re.fullmatch(r"([qh])([1-4])", word)
    unit = UNITS.get(word_at(words, begin + 1))
    if short:
        number, unit, length = int(short[2]), "quarter" if short[1] == "q" else "half", 1
    elif word in ORDINALS and unit in {"quarter", "half"}:
        number, length = ORDINALS[word], 2
    elif word == "quarter" and word_at(words, begin + 1) in {"1", "2", "3", "4"}:
        number, unit, length = int(words[begin + 1]), "quarter", 2
    else:
        return None
    if unit is None or (unit == "half" and number > 2):
        return None
    behind, more = (before, 1) if before is not None else _year_behind(words, begin + length, today)
    return Time(length + more, span=spans.part_of_year(unit, number, behind, today), unit=unit, dated=bool(more))


def _month(words: Words, at: int, today: date) -> Time | None:
    """Read "March", "March 2025", "month of March", "last March", "15 March 2026", "March 15th"."""
    lead = 2 if tuple(words[at : at + 2]) == ("month", "of") else word_at(words, at) in {"last", "this"}
    begin = at + int(lead)
    day = _day_number(word_at(words, begin))
    if day is not None:
        begin += 1
    number = MONTH_NAMES.get(word_at(words, begin))
    if number is None:
        return None
    length = begin + 1 - at
    if day is None and (day := _day_number(word_at(words, at + length))) is not None:
        length += 1
    year, more = _year_behind(words, at + length, today)
    found = spans.month(number, year, today)
    dated = year is not None or (bool(lead) and word_at(words, at) in {"last", "this"})
    if day is None:
        return Time(length + more, span=found, unit="month", dated=dated)
    try:
        at_day = found.start.replace(day=day)
    except ValueError:
        return None
    if year is None and at_day > today:
        at_day = spans.later(at_day, -12)
    return Time(length + more, span=spans.day(at_day, today), unit="day", dated=True)


def _day_number(word: str) -> int | None:
    found = re.fullmatch(r"(\d\d?)(?:st|nd|rd|th)?", word)
    return int(found[1]) if found and 1 <= int(found[1]) <= 31 else None


def _year_alone(words: Words, at: int, today: date) -> Time | None:
    begin = at + (word_at(words, at) == "year")
    number = _year(word_at(words, begin))
    if number is None:
        return None
    said = "The fiscal year is taken as the calendar year." if words[begin].startswith("fy") else ""
    return Time(begin + 1 - at, span=spans.year(number, today), unit="year", dated=True, assumption=said)


def _weekday(words: Words, at: int, today: date) -> Time | None:
    lead = word_at(words, at) in {"last", "this", "past"}
    number = WEEKDAYS.get(word_at(words, at + lead))
    if number is None:
        return None
    return Time(1 + lead, span=spans.weekday(number, today), unit="day", dated=lead)


_PERIODS: Final[tuple[Callable[[Words, int, date], Time | None], ...]] = (
    _this,
    _to_date,
    _last,
    _next,
    _ago,
    _day_name,
    _iso,
    _part,
)
_NAMES: Final[tuple[Callable[[Words, int, date], Time | None], ...]] = (_month, _year_alone, _weekday)
