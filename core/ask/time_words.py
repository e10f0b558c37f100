"""The words that say time, and which of them mean something else as well."""

from calendar import day_abbr, day_name, month_abbr, month_name
from typing import Final

from core.ask.calendar_spans import Unit

UNITS: Final[dict[str, Unit]] = {
    **dict.fromkeys(("day", "days"), "day"),
    **dict.fromkeys(("week", "weeks", "wk", "wks"), "week"),
    **dict.fromkeys(("month", "months", "mo"), "month"),
    **dict.fromkeys(("quarter", "quarters", "qtr"), "quarter"),
    **dict.fromkeys(("half", "halves"), "half"),
    **dict.fromkeys(("year", "years", "yr", "yrs"), "year"),
}
_COUNTED: Final = (
    *("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen"),
)
NUMBERS: Final[dict[str, int]] = {
    **{word: number for number, word in enumerate(_COUNTED, 1)},
    **{"a": 1, "an": 1, "twenty": 20, "thirty": 30, "ninety": 90},
}
ORDINALS: Final[dict[str, int]] = {
    **{"first": 1, "second": 2, "third": 3, "fourth": 4},
    **{"1st": 1, "2nd": 2, "3rd": 3, "4th": 4},
}
MONTH_NAMES: Final[dict[str, int]] = {
    **{name.lower(): number for number, name in enumerate(month_name) if name},
    **{name.lower(): number for number, name in enumerate(month_abbr) if name},
    "sept": 9,
}
WEEKDAYS: Final[dict[str, int]] = {
    **{name.lower(): number for number, name in enumerate(day_name)},
    **{name.lower(): number for number, name in enumerate(day_abbr)},
}
# Verbs, names and ordinary words: times only where something else says so.
PLAIN_TOO: Final = frozenset({"may", "march", "mar", "sat", "sun", "mon", "wed", "second"})
PREPOSITIONS: Final = frozenset({"in", "during", "for", "over", "within", "of", "on", "at", "throughout", "by"})


def _phrases(meaning: str, *said: str) -> dict[tuple[str, ...], str]:
    return {tuple(one.split()): meaning for one in said}


NOW: Final = _phrases(
    "now", "now", "right now", "currently", "current", "at the moment", "at present", "as of now", "as of today"
)
GRAIN_PHRASES: Final[dict[tuple[str, ...], str]] = {
    **_phrases("day", "daily", "day by day", "on a daily basis"),
    **_phrases("week", "weekly", "week by week", "on a weekly basis"),
    **_phrases("month", "monthly", "month by month", "on a monthly basis"),
    **_phrases("quarter", "quarterly", "quarter by quarter", "on a quarterly basis"),
    **_phrases("year", "yearly", "annually", "year by year", "on a yearly basis"),
    **{
        (lead, unit): unit
        for lead in ("by", "per", "each", "every", "and")
        for unit in ("day", "week", "month", "quarter", "year")
    },
}
_UNITS: Final = ("period", "month", "quarter", "year", "week", "day", "time")
_YEAR_BACK: Final = (
    *("last year", "a year ago", "a year before", "a year earlier", "the year before", "of last year"),
    *("one year ago", "in the previous year", "previous year", "the previous year", "of the previous year"),
)
COMPARISONS: Final[dict[tuple[str, ...], str]] = {
    **_phrases("before", "month over month", "month on month", "mom", "m/m", "quarter over quarter", "qoq"),
    **_phrases("before", "quarter on quarter", "week over week", "week on week", "wow", "day over day"),
    **_phrases("before", *(f"{the}{unit} before" for unit in _UNITS for the in ("the ", ""))),
    **_phrases("before", *(f"{the}{unit} prior" for unit in _UNITS for the in ("the ", ""))),
    **_phrases("before", *(f"{the}{lead} period" for lead in ("previous", "prior", "last") for the in ("the ", ""))),
    **_phrases("year", "year over year", "year on year", "yoy", "y/y", "a year earlier", "a year before"),
    **_phrases("year", *(f"{the}same {unit} {back}" for unit in _UNITS for back in _YEAR_BACK for the in ("the ", ""))),
    **_phrases("year", "the year before", "year before"),
}
