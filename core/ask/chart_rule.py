"""Which chart an answer is drawn as: a rule over the shape of the query and its columns, never a matter of taste."""

from dataclasses import dataclass
from typing import Final, Literal

from core.ask import values
from core.metrics.answered import Answered, Column
from core.metrics.catalog import METRICS

ChartKind = Literal["number", "line", "columns", "bars", "waterfall", "table"]
MOST_LINES: Final = 6
MOST_BARS: Final = 20
# Of so few steps a line shows a shape that is not there.
MOST_COLUMNS: Final = 6
_SHOWN_LINES: Final = 5


@dataclass(frozen=True)
class ChartChoice:
    """What to draw: `x` and `y` are columns of the answer, `series` the column that splits it.

    `keep` are the values of `series` to draw where there are too many; `note` says that some are left out.
    """

    kind: ChartKind
    title: str
    x: str | None = None
    y: str | None = None
    series: str | None = None
    keep: tuple[str, ...] = ()
    note: str = ""


def chart_for(found: Answered) -> ChartChoice:
    """Return the chart of an answer."""
    query = found.query
    if query.intent == "list" or found.frame.empty:
        return ChartChoice("table", title_of(found))
    if query.intent == "drivers":
        return _drivers(found)
    if query.intent == "trend":
        return _trend(found)
    if not query.dimensions:
        return ChartChoice("number", title_of(found), y=query.metrics[0])
    return _bars(found)


def title_of(found: Answered) -> str:
    """Return the subject of an answer: "MRR by tier"."""
    query = found.query
    if query.intent == "list":
        return (query.entity or "rows").capitalize()
    subject = " and ".join(METRICS[one].label for one in query.metrics)
    if query.intent == "drivers":
        return f"What changed {METRICS[query.metrics[0]].label}"
    by = [column.label.lower() for column in dimensions(found)]
    return f"{subject} by {' and '.join(by)}" if by else subject


def dimensions(found: Answered) -> list[Column]:
    """Return the columns that split an answer, time apart."""
    return [column for column in found.columns if column.role == "dimension" and column.unit == "text"]


def _trend(found: Answered) -> ChartChoice:
    y, by = found.query.metrics[0], dimensions(found)
    if not by:
        few = found.frame["step"].nunique() <= MOST_COLUMNS
        return ChartChoice("columns" if few else "line", title_of(found), "step", y)
    series = by[0].name
    names = list(dict.fromkeys(found.frame[series]))
    if len(names) <= MOST_LINES:
        return ChartChoice("line", title_of(found), "step", y, series)
    last = found.frame.dropna(subset=[y]).drop_duplicates(series, keep="last")
    largest = sorted(last.to_dict("records"), key=lambda row: -abs(row[y]))[:_SHOWN_LINES]
    keep = tuple(str(row[series]) for row in largest)
    return ChartChoice(
        "line", title_of(found), "step", y, series, keep, f"The chart shows {len(keep)} of {len(names)}."
    )


def _bars(found: Answered) -> ChartChoice:
    by, y = dimensions(found), found.query.metrics[0]
    if len(by) == 1:
        hidden = len(found.frame) - MOST_BARS
        note = f"The chart shows {MOST_BARS} of {values.count(len(found.frame), 'rows')}." if hidden > 0 else ""
        return ChartChoice("bars", title_of(found), by[0].name, y, note=note)
    many, few = sorted((one.name for one in by), key=lambda name: -found.frame[name].nunique())
    # Stacked lengths are read as a sum, which only sums may be.
    if found.frame[few].nunique() > MOST_LINES or METRICS[y].kind == "ratio":
        return ChartChoice("table", title_of(found))
    return ChartChoice("bars", title_of(found), many, y, few)


def _drivers(found: Answered) -> ChartChoice:
    first = found.frame.iloc[1]["cause"] if len(found.frame) > 1 else None
    if first is None:
        return ChartChoice("number", title_of(found), y="now")
    kind: ChartKind = "bars" if METRICS[found.query.metrics[0]].kind == "ratio" else "waterfall"
    title = f"{title_of(found)}, by {str(first).lower()}"
    return ChartChoice(kind, title, "value", "change", "cause", keep=(str(first),))
