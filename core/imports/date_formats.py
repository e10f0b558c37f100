"""Ways in which dates are written: read by a format such as d/m/yyyy, or found out over a whole column."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache
from typing import Final

from core.errors import InvalidInput

MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_TIME: Final = r"(?:[T ]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?)?"
_ZONE: Final = r"(?P<zone> ?(?:Z|UTC|[+-]\d{2}:?\d{2}))?"
_PARTS: Final = {
    "yyyy": r"(?P<year>\d{4})",
    "yy": r"(?P<short>\d{2})",
    "mmm": r"(?P<name>[A-Za-z]{3,9})\.?",
    "m": r"(?P<month>\d{1,2})",
    "mm": r"(?P<month>\d{1,2})",
    "d": r"(?P<day>\d{1,2})",
    "dd": r"(?P<day>\d{1,2})",
}
_TOKEN: Final = re.compile(r"yyyy|yy|mmm|mm|m|dd|d", re.IGNORECASE)
# Two-digit years as POSIX reads them: 69 to 99 are of the last century.
_PIVOT: Final = 69


@dataclass(frozen=True, slots=True)
class Instant:
    """A date as it was read, in UTC; `timed` tells whether a time of day was written too."""

    at: datetime
    timed: bool

    @property
    def day(self) -> date:
        """Its UTC day."""
        return self.at.date()


@dataclass(frozen=True)
class Format:
    """One way to write dates: `d/m/yyyy`. A time of day may follow (13:05, 13:05:59), with or without a zone."""

    written: str
    pattern: re.Pattern[str]

    def read(self, text: str) -> Instant | None:
        """Return the date that a text is, or None where it is none written so."""
        found = self.pattern.fullmatch(text)
        return _instant(found.groupdict()) if found else None


@cache
def format_of(written: str) -> Format:
    """Return the format that a mapping names, of yyyy (or yy), m (mmm for names) and d; InvalidInput for another."""
    tokens = [token.lower() for token in _TOKEN.findall(written)]
    kinds = sorted(token[0] for token in tokens)
    if kinds != ["d", "m", "y"] or _TOKEN.sub("", written).strip(" ./,-"):
        raise InvalidInput(
            f"“{written[:40]}” is no date format. Write it with yyyy, m and d as the file does: d/m/yyyy, yyyy-mm-dd, "
            "d mmm yyyy; or “detect”.",
            code="invalid_mapping",
            field="mapping",
        )
    joints = [re.escape(joint) for joint in _TOKEN.split(written)]
    body = joints[0] + "".join(_fixed(token, joints) + joint for token, joint in zip(tokens, joints[1:], strict=True))
    return Format(written, re.compile(rf"\s*{body}{_TIME}{_ZONE}\s*", re.ASCII))


def _fixed(token: str, joints: list[str]) -> str:
    """Without anything between the parts (20241231) each has its full width."""
    part = _PARTS[token]
    return part if any(joints[1:-1]) else part.replace("{1,2}", "{2}")


def _instant(parts: Mapping[str, str | None]) -> Instant | None:
    hour, zone = parts.get("hour"), (parts.get("zone") or "Z").strip()
    try:
        at = datetime(
            _year(parts),
            _month(parts),
            int(parts["day"] or 0),
            int(hour or 0),
            int(parts.get("minute") or 0),
            int(parts.get("second") or 0),
            tzinfo=_zone(zone),
        ).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return Instant(at, hour is not None)


def _year(parts: Mapping[str, str | None]) -> int:
    short = parts.get("short")
    if short is None:
        return int(parts["year"] or 0)
    return int(short) + (1900 if int(short) >= _PIVOT else 2000)


def _month(parts: Mapping[str, str | None]) -> int:
    name = parts.get("name")
    return MONTHS.index(name[:3].lower()) + 1 if name is not None else int(parts["month"] or 0)


def _zone(zone: str) -> timezone:
    if zone in {"Z", "UTC"}:
        return UTC
    sign = -1 if zone[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:])))


# Every format that detection knows; those with the same shape and another order of day and month stand side by side.
PLAIN: Final = tuple(
    map(format_of, ("yyyy-mm-dd", "yyyy/mm/dd", "yyyy.mm.dd", "yyyymmdd", "d mmm yyyy", "mmm d, yyyy"))
)
ORDERED: Final = tuple(
    (format_of(f"d{sign}m{sign}{year}"), format_of(f"m{sign}d{sign}{year}"))
    for sign in "/.-"
    for year in ("yyyy", "yy")
)


@dataclass(frozen=True)
class DateColumn:
    """The dates of one column: each text with what it reads as, how many were written in which format, and doubts.

    `asked` is an example that can be read in two ways with nothing to decide it; None where there is none.
    """

    read: Mapping[str, Instant]
    formats: Mapping[str, int]
    format_by_text: Mapping[str, str]
    ambiguous: frozenset[str] = frozenset()
    asked: str | None = None

    @property
    def main(self) -> str:
        """The format that most values are written in."""
        return max(self.formats, key=lambda written: self.formats[written], default="")


def declared(texts: Mapping[str, int], formats: Iterable[str]) -> DateColumn:
    """Read texts (with how often each occurs) by formats that were declared; two readings that differ are ambiguous."""
    known = [format_of(written) for written in formats]
    readings = {text: [(one.written, at) for one in known if (at := one.read(text)) is not None] for text in texts}
    ambiguous = frozenset(text for text, found in readings.items() if len({at for _, at in found}) > 1)
    chosen = {text: found[0] for text, found in readings.items() if found and text not in ambiguous}
    return _column(texts, chosen, ambiguous)


def detected(texts: Mapping[str, int]) -> DateColumn:
    """Find out how the texts of a whole column are written.

    Where day and month could change places, a single 25/12 decides for all of its shape; without one, or where some
    say day first and others month first, only what can be read in one way is read.
    """
    chosen = {text: (one.written, at) for text in texts for one in PLAIN if (at := one.read(text)) is not None}
    asked: list[str] = []
    for pair in ORDERED:
        asked += _settle(texts, pair, chosen)
    column = _column(texts, chosen, frozenset(asked))
    return DateColumn(column.read, column.formats, column.format_by_text, column.ambiguous, min(asked, default=None))


def _settle(texts: Mapping[str, int], pair: tuple[Format, Format], chosen: dict[str, tuple[str, Instant]]) -> list[str]:
    """Read the texts of one shape, day or month first; return those that nothing decides."""
    readings = {text: (pair[0].read(text), pair[1].read(text)) for text in texts if text not in chosen}
    shaped = {text: both for text, both in readings.items() if any(both)}
    decided = {both.index(next(filter(None, both))) for both in shaped.values() if None in both}
    open_ones = []
    for text, both in shaped.items():
        if None in both:
            place = 0 if both[1] is None else 1
        elif len(decided) == 1 or both[0] == both[1]:
            place = next(iter(decided), 0)
        else:
            open_ones.append(text)
            continue
        at = both[place]
        if at is not None:
            chosen[text] = (pair[place].written, at)
    return open_ones


def _column(
    texts: Mapping[str, int], chosen: Mapping[str, tuple[str, Instant]], ambiguous: frozenset[str]
) -> DateColumn:
    formats: dict[str, int] = {}
    for text, (written, _) in chosen.items():
        formats[written] = formats.get(written, 0) + texts[text]
    return DateColumn(
        {text: at for text, (_, at) in chosen.items()},
        formats,
        {text: written for text, (written, _) in chosen.items()},
        ambiguous,
    )


def both_readings(text: str) -> str:
    """Return in words the two dates that an ambiguous text can be."""
    for day_first, month_first in ORDERED:
        one, other = day_first.read(text), month_first.read(text)
        if one is not None and other is not None:
            return f"{text} can be {_said(one.day)} ({day_first.written}) or {_said(other.day)} ({month_first.written})"
    return f"{text} can be read in two ways"


def _said(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
