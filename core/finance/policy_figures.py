"""Figures under the policy in force, and what each of its switches would change in money."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

import numpy as np
import pandas as pd

from core.access.actor import Actor
from core.finance import rates as formulas
from core.finance.cash import whole_months
from core.finance.economics import TRAILING, economics_facts
from core.finance.exchange import REPORTING
from core.finance.flows import exchange_rates, names_of
from core.finance.ledger import ledger_facts, ledger_money, may_see_all
from core.finance.policy import SWITCHES, MetricPolicy, moves_ledger
from core.finance.policy_arrays import Told
from core.finance.policy_movements import Moved, lost_in, movements_under, paying_at
from core.finance.policy_reads import Version, histories, policy_in_force
from core.finance.policy_sums import averaged, sums_under
from core.finance.tally import Tally
from core.money import Money, round_half_up
from core.periods import INSTANT, Period, add_months
from db.session import ReadSession

Where = Mapping[str, Collection[str]]
_YEAR: Final = timedelta(days=365)


@dataclass(frozen=True)
class Figures:
    """What a policy makes of the books: MRR now, lost in twelve months, the last month's logo churn, a year's NRR, LTV.

    Rates are fractions, None where not defined.
    """

    mrr: Money
    churned: Money
    churn: Decimal | None
    nrr: Decimal | None
    ltv: Money | None


@dataclass(frozen=True)
class Compared:
    """The figures under the policy in force, and under it with one switch on another choice, by (switch, choice)."""

    version: Version
    now: Figures
    options: Mapping[tuple[str, str], Figures]


def ledger_in_force(
    session: ReadSession,
    actor: Actor,
    periods: Sequence[Period],
    *,
    by: Sequence[str] = (),
    where: Where | None = None,
    as_of: datetime,
) -> pd.DataFrame:
    """Return what `ledger_facts` does, under the policy in force; needs `finance:read`.

    Under the standard it is the ledger's own read. Beside its measures `customers_joined` are those who came in the
    period, where the policy counts them among whom churn is taken of.
    """
    policy = policy_in_force(session).policy
    if not moves_ledger(policy):
        frame = ledger_facts(session, actor, periods, by=by, where=where, as_of=as_of)
    else:
        frame = _derived(session, actor, policy, periods, tuple(by), where or {}, as_of)
    if policy.denominator == "start_and_new":
        frame["customers_joined"] = frame["customers_new"]
    return frame


def money_in_force(
    session: ReadSession, actor: Actor, months: Sequence[Period], dimension: str, *, as_of: datetime
) -> Tally:
    """Return openings and closings of some months by a dimension, under the policy in force; needs `finance:read`."""
    may_see_all(actor)
    policy = policy_in_force(session).policy
    if not moves_ledger(policy):
        return ledger_money(session, months, (dimension,), as_of=as_of)
    frame = _derived(session, actor, policy, months, (dimension,), {}, as_of)
    starts = [month.start.replace(tzinfo=None) for month in months]
    groups = pd.DataFrame({dimension: sorted(frame[dimension].unique())})
    measures = {
        name: frame.pivot_table(index=dimension, columns="period", values=name, aggfunc="sum", fill_value=0)
        .reindex(index=groups[dimension], columns=starts, fill_value=0)
        .to_numpy(dtype=np.int64)
        for name in ("opening", "closing")
    }
    return Tally(groups, measures)


def economics_in_force(
    session: ReadSession,
    actor: Actor,
    periods: Sequence[Period],
    *,
    by: Sequence[str] = (),
    where: Where | None = None,
    as_of: datetime,
) -> pd.DataFrame:
    """Return what `economics_facts` does, under the policy in force; needs `finance:read`.

    `ltv_bare` is 1 where LTV leaves the margin out. Its churn is of one month where the policy takes it at the spot.
    """
    frame = economics_facts(session, actor, periods, by=by, where=where, as_of=as_of)
    policy = policy_in_force(session).policy
    if policy.ltv_form == "margin_trailing" and not moves_ledger(policy):
        return frame
    count = 1 if policy.ltv_form == "spot" else TRAILING
    frame["ltv_bare"] = int(policy.ltv_form != "margin_trailing")
    for number, period in enumerate(each for each in periods if each.start <= as_of):
        end = min(period.end, as_of + INSTANT)
        months = [*whole_months(end, count), Period(end - INSTANT, end)]
        sums = ledger_in_force(session, actor, months, as_of=as_of)
        months_, last = sums.iloc[:-1], sums.iloc[-1]
        frame.loc[number, "mrr"], frame.loc[number, "customers"] = int(last["closing"]), int(last["customers_closing"])
        frame.loc[number, "opening_months"] = int(months_["customers_opening"].sum())
        frame.loc[number, "churned"] = int(months_["customers_churned"].sum())
        frame.loc[number, "new_customers"] = int(months_["customers_new"].sum())
    return frame


def compared(session: ReadSession, actor: Actor, *, as_of: datetime) -> Compared:
    """Return what every other choice of every switch would change today; needs `finance:read`."""
    told = histories(session, actor)
    version = policy_in_force(session)
    dated = exchange_rates(session)
    margin = _margin(session, actor, as_of)
    standing = Told.under(version.policy, told)

    def figures(policy: MetricPolicy) -> Figures:
        rates = averaged(dated) if policy.fx_source == "month_average" else dated
        there = standing.but(policy)
        return figures_of(policy, there.sums(spans(as_of), rates, as_of), there.moved, margin, as_of)

    options = {
        (each.id, choice.id): figures(version.policy.but(each.id, choice.id))
        for each in SWITCHES
        for choice in each.choices
        if version.policy.settings()[each.id] != choice.id
    }
    return Compared(version, figures(version.policy), options)


def spans(as_of: datetime) -> list[Period]:
    """Return the periods that Figures are made of: this instant, twelve whole months, and the last of them singly."""
    now = as_of + INSTANT
    months = whole_months(now, TRAILING)
    return [Period(as_of, now), Period(add_months(months[-1].end, -12), months[-1].end), *months]


def figures_of(
    policy: MetricPolicy,
    rows: Sequence[Mapping[str, int]],
    moved: Callable[[], Sequence[Moved]],
    margin: Decimal | None,
    as_of: datetime,
) -> Figures:
    """Return the figures that a policy makes of the sums of `spans`, and of the movements where it asks for them."""
    standing, past, each = rows[0], rows[1], rows[2:]
    churned_of = each[-1:] if policy.ltv_form == "spot" else each
    churn = formulas.logo_churn(_sum(churned_of, "customers_opening"), _sum(churned_of, "customers_churned"))
    bare = policy.ltv_form != "margin_trailing"
    arpa = formulas.arpa(standing["closing"], standing["customers_closing"])
    ltv = formulas.ltv(arpa, Decimal(1) if bare else margin, churn)
    return Figures(
        Money(standing["closing"], REPORTING),
        Money(-past["churn"], REPORTING),
        _churn(policy, moved, each[-1], spans(as_of)[-1]),
        formulas.retention(past["opening"], past["kept"]),
        None if ltv is None else Money(round_half_up(ltv), REPORTING),
    )


def churn_by_interval(moved: Sequence[Moved], period: Period) -> Decimal | None:
    """Return logo churn of a period, with yearly plans taken over the 365 days that end with it (Baremetrics).

    Customers lost, each over its own time ÷ those who paid when that began; what is newest of a customer's plans says
    which.
    """
    year = Period(period.end - _YEAR, period.end)
    lost = lost_in(moved, period, annual=False) + lost_in(moved, year, annual=True)
    base = _paying(moved, period.start, annual=False) + _paying(moved, year.start, annual=True)
    return formulas.logo_churn(base, lost)


def _churn(
    policy: MetricPolicy, moved: Callable[[], Sequence[Moved]], sums: Mapping[str, int], month: Period
) -> Decimal | None:
    if policy.annual_window == "year":
        return churn_by_interval(moved(), month)
    joined = sums["customers_new"] if policy.denominator == "start_and_new" else 0
    return formulas.logo_churn(sums["customers_opening"] + joined, sums["customers_churned"])


def _paying(moved: Sequence[Moved], at: datetime, *, annual: bool) -> int:
    before = [one for one in moved if one.at < at]
    newest = {one.organization_id: one.annual for one in before if one.minor > 0}
    return sum(newest[who] is annual for who in paying_at(before, at))


def _derived(
    session: ReadSession,
    actor: Actor,
    policy: MetricPolicy,
    periods: Sequence[Period],
    by: tuple[str, ...],
    where: Where,
    as_of: datetime,
) -> pd.DataFrame:
    told = histories(session, actor)
    dated = exchange_rates(session)
    rates = averaged(dated) if policy.fx_source == "month_average" else dated
    places = {one.organization_id: one for one in told}
    frame = sums_under(movements_under(policy, told), places, periods, rates, by=by, where=where, as_of=as_of)
    if "customer" in by:
        names = names_of(session, set(frame["organization_id"]))
        frame.insert(1, "customer", frame["organization_id"].map(names))
    return frame


def _margin(session: ReadSession, actor: Actor, as_of: datetime) -> Decimal | None:
    frame = economics_facts(session, actor, [Period(as_of, as_of + INSTANT)], as_of=as_of)
    if frame.empty or not int(frame["cost"].iloc[0]):
        return None
    return formulas.gross_margin(int(frame["revenue"].iloc[0]), int(frame["cost"].iloc[0]))


def _sum(rows: Sequence[Mapping[str, int]], name: str) -> int:
    return sum(row[name] for row in rows)
