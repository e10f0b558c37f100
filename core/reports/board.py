"""What a board is told of a month: the catalogue's figures beside the month before, what moved, and who."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import pandas as pd

from core.access.actor import Actor
from core.access.permissions import Permission
from core.accounts.customers import CustomerFilter
from core.accounts.reads import count_customers, list_customers
from core.errors import InvalidInput
from core.finance.drill import MovementRow, movement_rows
from core.finance.exchange import REPORTING
from core.finance.ledger import may_see_all
from core.finance.policy_reads import Version, policy_in_force
from core.metrics.catalog import metric
from core.metrics.metric import SourceName, Sums, Value
from core.metrics.sources import Sight, facts
from core.metrics.sums import NOTHING, sums_of
from core.money import Money
from core.organizations.reads import names, vendor_id
from core.periods import INSTANT, Period, add_months, month_of, months_until
from db.session import ReadSession

TREND: Final = 24
NAMED: Final = 5
_PAGE: Final = 500
# Which metrics are read over the month, over longer spans that end with it, and where the rest come from.
OF_MONTH: Final = ("mrr", "arr", "net_new_mrr", "mrr_growth", "logo_churn", "paying_customers", "churned_customers")
RECENT: Final = ("mrr", "net_new_mrr", "mrr_growth", "paying_customers", "logo_churn")
RECENT_MONTHS: Final = 6
OF_HALF_YEAR: Final = ("quick_ratio",)
OF_YEAR: Final = ("nrr", "grr")
ECONOMICS: Final = ("ltv_to_cac", "payback", "gross_margin", "burn_multiple")
CASH: Final = ("cash", "burn", "runway")
FLOWS: Final = ("new", "expansion", "reactivation", "contraction", "churn")


@dataclass(frozen=True)
class Named:
    """A customer, what it is about in money of REPORTING (or of its own, at risk), and a word about it."""

    name: str
    amount: Money
    word: str = ""


@dataclass(frozen=True)
class Moved:
    """What a movement's kind did in the month: how many customers, how much, and the largest of them."""

    count: int
    amount: Money
    largest: tuple[Named, ...]


@dataclass(frozen=True)
class AtRisk:
    """Paying customers of low health, as they stand on the day the report is made."""

    count: int
    largest: tuple[Named, ...]


@dataclass(frozen=True)
class Board:
    """The report of one month.

    `now` and `before` hold a value for each metric of the catalogue that it shows; `before` is as of the month before.
    `sums` are the ledger's of the month, `year_growth` is MRR's over twelve months; `recent`, `trend` and `flows` are
    by month, the oldest first. `at_risk` is None for a month long past: health is known as of today.
    """

    company: str
    month: Period
    at: datetime
    now: Mapping[str, Value]
    before: Mapping[str, Value]
    sums: Mapping[str, int]
    year_growth: Value
    recent: tuple[tuple[date, Mapping[str, Value]], ...]
    trend: tuple[tuple[date, int], ...]
    flows: tuple[tuple[date, Mapping[str, int]], ...]
    won: Moved
    lost: Moved
    at_risk: AtRisk | None
    policy: Version

    @property
    def running(self) -> bool:
        """Whether the month is not over."""
        return self.at < self.month.end - INSTANT


def last_whole_month(now: datetime) -> Period:
    """Return the month that a board is told of: the last one that is over."""
    return month_of(add_months(month_of(now + INSTANT).start, -1))


def board(session: ReadSession, actor: Actor, month: Period, *, now: datetime) -> Board:
    """Return the report of a month as of its end, or as of `now` where that comes first; needs `finance:read`."""
    may_see_all(actor)
    if month.start > now:
        raise InvalidInput(f"{month.start:%B %Y} has not begun. Choose an earlier month.", field="month")
    at = min(now, month.end - INSTANT)
    sight, earlier = _sights(session, actor, month, at)
    months = months_until(month.start, TREND)
    found, last_year = _ledger(sight, month), _year(month)
    rows = _by_start(facts(sight, "ledger", months, [], {}))
    by_month = [(each.start.date(), rows.get(_start(each), NOTHING)) for each in months]
    begun = next((number for number, (_, sums) in enumerate(by_month) if sums["closing"] or sums["new"]), len(months))
    company = names(session, actor).get(vendor_id(session) or actor.organization_id, "")
    recent = month_of(now).start <= month.end
    return Board(
        company=company,
        month=month,
        at=at,
        now=_figures(sight, month),
        before=_figures(earlier, month_of(add_months(month.start, -1))),
        sums={name: int(value) for name, value in found.get(_start(month), NOTHING).items()},
        year_growth=metric("mrr_growth").of(found.get(_start(last_year), NOTHING)),
        recent=tuple((day, _of_month(sums)) for day, sums in by_month[begun:][-RECENT_MONTHS:]),
        trend=tuple((day, int(sums["closing"])) for day, sums in by_month[begun:]),
        flows=tuple((day, {name: int(sums[name]) for name in FLOWS}) for day, sums in by_month[begun:]),
        won=_moved(session, actor, month, at, ("new", "reactivation")),
        lost=_moved(session, actor, month, at, ("churn",)),
        at_risk=_at_risk(session, actor, now) if recent else None,
        policy=policy_in_force(session),
    )


def _sights(session: ReadSession, actor: Actor, month: Period, at: datetime) -> tuple[Sight, Sight]:
    return Sight(session, session, actor, at), Sight(session, session, actor, month.start - INSTANT)


def _of_month(sums: Sums) -> dict[str, Value]:
    return {name: metric(name).of(sums) for name in RECENT}


def _figures(sight: Sight, month: Period) -> dict[str, Value]:
    """Return every metric of the report, each over its own span that ends with the month."""
    ledger, start = _ledger(sight, month), _start
    spans = {OF_MONTH: month, OF_HALF_YEAR: _half(month), OF_YEAR: _year(month)}
    found = {
        name: metric(name).of(ledger.get(start(span), NOTHING)) for several, span in spans.items() for name in several
    }
    sources: dict[SourceName, Sequence[str]] = {"economics": ECONOMICS, "cash": CASH}
    for source, wanted in sources.items():
        sums = _by_start(facts(sight, source, [month], [], {})).get(_start(month), NOTHING)
        found |= {name: metric(name).of(sums) for name in wanted}
    return found


def _ledger(sight: Sight, month: Period) -> dict[pd.Timestamp, Sums]:
    """Return the ledger's sums of the month, and of the half year and the year that end with it, by their starts."""
    return _by_start(facts(sight, "ledger", [_year(month), _half(month), month], [], {}))


def _by_start(frame: pd.DataFrame) -> dict[pd.Timestamp, Sums]:
    return {row["period"]: sums_of(row) for row in frame.to_dict("records")}


def _half(month: Period) -> Period:
    return Period(add_months(month.start, -5), month.end)


def _year(month: Period) -> Period:
    return Period(add_months(month.start, -11), month.end)


def _start(period: Period) -> pd.Timestamp:
    return pd.Timestamp(period.start.replace(tzinfo=None))


def _moved(session: ReadSession, actor: Actor, month: Period, at: datetime, kinds: tuple[str, ...]) -> Moved:
    rows: list[MovementRow] = []
    for kind in kinds:
        cursor: str | None = None
        while True:
            page = movement_rows(session, actor, month, kind=kind, as_of=at, cursor=cursor, limit=_PAGE)
            rows += page.rows
            cursor = page.next_cursor
            if cursor is None:
                break
    largest = sorted(rows, key=lambda row: (-abs(row.reported.minor), row.customer))[:NAMED]
    return Moved(
        len({row.organization_id for row in rows}),
        sum((row.reported for row in rows), start=Money(0, REPORTING)),
        tuple(Named(row.customer, row.reported, _word(row)) for row in largest),
    )


def _word(row: MovementRow) -> str:
    return "came back" if row.kind == "reactivation" else row.reason or ""


def _at_risk(session: ReadSession, actor: Actor, now: datetime) -> AtRisk | None:
    if not actor.may(Permission.CUSTOMER_READ):
        return None
    wanted = CustomerFilter(at_risk=True, term="paid")
    found = list_customers(session, actor, wanted, now=now, sort="mrr", limit=NAMED).customers
    return AtRisk(
        count_customers(session, actor, wanted, now=now).customers,
        tuple(
            Named(each.name, each.mrr, f"health {each.health:.0f}" if each.health is not None else "")
            for each in found
            if each.mrr
        ),
    )
