"""The board report as one page: what the template shows, all of it words and shares of a drawing's height."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import ROUND_CEILING, Decimal
from typing import Any, Final

from core.billing.documents.typesetting import pdf_pages, png_pages
from core.finance.exchange import REPORTING
from core.metrics.catalog import metric
from core.metrics.metric import Undefined
from core.metrics.sums import number
from core.money import Money
from core.periods import add_months
from core.reports.board import RECENT, AtRisk, Board, Moved, Named
from core.reports.board_sentences import sentences
from core.reports.board_words import UNDEFINED, brief, month, said, share, whole
from core.reports.paper import Paper

TEMPLATE: Final = "report/board.typ"
FIGURES: Final = (
    *("mrr", "arr", "nrr", "grr", "logo_churn", "quick_ratio"),
    *("ltv_to_cac", "payback", "gross_margin", "burn", "burn_multiple", "runway"),
)
_OVER: Final = {"nrr": ", 12 months", "grr": ", 12 months", "quick_ratio": ", 6 months"}
MOVED_MONTHS: Final = 12
_STEPS: Final = tuple(Decimal(step) for step in ("1", "1.5", "2", "2.5", "3", "4", "5", "6", "8", "10"))
_LONGEST_NAME: Final = 30
_LONGEST: Final = 58


def board_pdf(found: Board, *, paper: Paper = "a4") -> bytes:
    """Return the report as one page of PDF/A-3b; the same books, month and paper are the same bytes."""
    return pdf_pages(TEMPLATE, page_of(found, paper), dated=found.at.date())


def board_png(found: Board, *, paper: Paper = "a4", dots_per_inch: int = 110) -> tuple[bytes, ...]:
    """Return the same page as a picture for the screen."""
    return png_pages(TEMPLATE, page_of(found, paper), dots_per_inch=dots_per_inch)


def page_of(found: Board, paper: Paper) -> dict[str, Any]:
    """Return what the template shows."""
    return {
        "paper": paper,
        "company": found.company,
        "title": month(found.month.start) + (", so far" if found.running else ""),
        "at": f"As of {found.at:%B %-d, %Y}",
        "figures": [_figure(found, name) for name in FIGURES],
        "sentences": [one.text for one in sentences(found)],
        "trend": trend_of(found.trend),
        "flows": flows_of(found.flows[-MOVED_MONTHS:]),
        "recent": {
            "months": [f"{day:%b %Y}" for day, _ in found.recent],
            "rows": [
                {"label": metric(name).label, "values": [said(name, values[name]) for _, values in found.recent]}
                for name in RECENT
            ],
        },
        "lists": [
            _moved("Won", found.won, "Nobody was won this month."),
            _moved("Lost", found.lost, "Nobody left this month."),
            _risk(found.at_risk),
        ],
        "definitions": [
            {"label": metric(name).label, "text": f"{metric(name).definition.rstrip('.')}: {metric(name).formula}."}
            for name in FIGURES
        ],
        "policy": f"Figures under metric policy {found.policy.number}, in {REPORTING} at the rates of their day. "
        f"{UNDEFINED} is a figure that is not defined for these books.",
    }


def _figure(found: Board, name: str) -> dict[str, str]:
    value, before = found.now[name], found.before[name]
    why = f"{value.reason[:1].upper()}{value.reason[1:]}" if isinstance(value, Undefined) else ""
    then = add_months(found.month.start, -1)
    note = why or f"{then:%b}: {said(name, before)}"
    if name == "mrr":
        moved = Money(int(number(found.now["net_new_mrr"]) or 0), REPORTING)
        growth = number(found.now["mrr_growth"])
        note = f"{whole(moved, sign=True)} net new" + ("" if growth is None else f", {share(growth, sign=True)}")
    elif name == "arr":
        on_year = number(found.year_growth)
        note = "nobody paid a year ago" if on_year is None else f"{share(on_year, sign=True)} on a year ago"
    shown, _, unit = said(name, value).partition(" ")
    return {"label": metric(name).label + _OVER.get(name, ""), "value": shown, "unit": unit, "note": note}


def _moved(title: str, moved: Moved, none: str) -> dict[str, Any]:
    together = f"{moved.count:,} · {whole(moved.amount, sign=True)} MRR" if moved.count else ""
    return {
        "title": title,
        "together": together,
        "none": none,
        "rows": [_named(one, sign=True) for one in moved.largest],
    }


def _risk(found: AtRisk | None) -> dict[str, Any]:
    if found is None:
        return {"title": "At risk", "together": "", "none": f"{UNDEFINED} Health is known as of today.", "rows": []}
    together = f"{found.count:,} paying" if found.count else ""
    rows = [_named(one, sign=False) for one in found.largest]
    return {"title": "At risk today", "together": together, "none": "No paying customer is at risk.", "rows": rows}


def _named(one: Named, *, sign: bool) -> dict[str, str]:
    # Two lines at most, that the page stays one.
    name = _cut(one.name, _LONGEST_NAME)
    word = _cut(one.word, _LONGEST - len(name))
    return {"name": name, "amount": whole(one.amount, sign=sign), "word": word}


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def trend_of(months: Sequence[tuple[date, int]]) -> dict[str, Any]:
    """Return a line: shares of the height, with the marks of its axis and the names of some months."""
    top = _top(max((minor for _, minor in months), default=0))
    every = max(1, len(months) // 4)
    return {
        "over": f"{len(months)} months" if len(months) > 1 else "",
        "points": [_share(minor, top) for _, minor in months],
        "marks": [{"at": _share(part, top), "label": _mark(part)} for part in (0, top // 2, top)],
        "months": [
            {"at": number, "label": f"{day:%b %Y}"}
            for number, (day, _) in enumerate(months)
            if (len(months) - 1 - number) % every == 0
        ],
    }


def flows_of(months: Sequence[tuple[date, Mapping[str, int]]]) -> dict[str, Any]:
    """Return bars above and below a line: of each kind its share of the height that both sides have together."""
    up = _top(max((sum(max(minor, 0) for minor in moved.values()) for _, moved in months), default=0))
    down = _top(max((-sum(min(minor, 0) for minor in moved.values()) for _, moved in months), default=0))
    whole_height = up + down
    every = max(1, len(months) // 4)
    return {
        "zero": _share(down, whole_height),
        "bars": [{name: _share(abs(minor), whole_height) for name, minor in moved.items()} for _, moved in months],
        "marks": [{"at": _share(part + down, whole_height), "label": _mark(part)} for part in (-down, 0, up)],
        "months": [
            {"at": number, "label": f"{day:%b}"}
            for number, (day, _) in enumerate(months)
            if (len(months) - 1 - number) % every == 0
        ],
    }


def _top(minor: int) -> int:
    """Return the least round amount that is not below; of nothing, one unit, that a scale has a height."""
    if minor <= 0:
        return 100
    power = Decimal(10) ** Decimal(minor).adjusted()
    step = next(step for step in _STEPS if step * power >= minor)
    return int((step * power).to_integral_value(ROUND_CEILING))


def _share(part: int, of: int) -> float:
    return float(round(Decimal(part) / of, 4)) if of else 0.0


def _mark(minor: int) -> str:
    return brief(Money(minor, REPORTING))
