"""What customers' histories move under a metric policy: the same ledger, told by other choices; pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from core.billing.reads import CouponDuration, Phase
from core.finance.movements import MovementKind, Standing, classify
from core.finance.policy import MetricPolicy, Unit, per_month
from core.money import Money, round_half_up
from core.periods import Period, month_start


@dataclass(frozen=True)
class Stretch:
    """A time in which a subscription stood at one set of terms; those of one `chain` follow each other.

    `minor` is what a billing period of `every` units costs altogether, before the coupon. `canceled_at` and
    `paid_until` are of the last of a chain that was canceled: when that was asked for, and until when it was paid.
    `past_due` are the times in which an invoice was overdue.
    """

    chain: str
    start: datetime
    end: datetime | None
    minor: int
    currency: str = "USD"
    unit: Unit = "month"
    every: int = 1
    tier_id: str = ""
    percent_off: Decimal = Decimal(0)
    minor_off: int = 0
    coupon_duration: CouponDuration | None = None
    phase: Phase = "active"
    usage: bool = False
    canceled_at: datetime | None = None
    paid_until: datetime | None = None
    past_due: tuple[tuple[datetime, datetime | None], ...] = ()


@dataclass(frozen=True)
class History:
    """Everything that one customer had, in any order."""

    organization_id: str
    stretches: tuple[Stretch, ...]
    country: str = ""
    segment: str = ""


class Moved(NamedTuple):
    """One movement under a policy; `moved_minor` came along from another tier, as in the ledger."""

    organization_id: str
    at: datetime
    kind: MovementKind
    minor: int
    currency: str
    tier_id: str
    from_tier_id: str | None
    moved_minor: int
    annual: bool


class _Level(NamedTuple):
    minor: int
    currency: str
    tier_id: str
    annual: bool


class _Change(NamedTuple):
    at: datetime
    chain: str
    before: _Level | None
    after: _Level | None


def worth(one: Stretch, policy: MetricPolicy) -> int:
    """Return what a stretch is worth a month under a policy, in minor units, rounded half up once."""
    if one.phase == "trial" or (one.phase == "paused" and policy.paused == "zero"):
        return 0
    if one.usage and policy.usage == "excluded":
        return 0
    counts = policy.coupons == "as_invoiced" or (
        policy.coupons == "permanent_only" and one.coupon_duration == "forever"
    )
    whole = Decimal(one.minor)
    if counts:
        whole = max(whole * (100 - one.percent_off) / 100 - one.minor_off, Decimal(0))
    return round_half_up(whole * per_month(one.unit, policy.week_factor) / one.every)


def movements_under(policy: MetricPolicy, histories: Iterable[History]) -> list[Moved]:
    """Return what the histories move under a policy, each customer's in their order.

    Under the standard these are the ledger's own movements. Within an instant what is won comes before what is lost,
    so that who swaps one subscription for another does not churn in between.
    """
    return [moved for history in histories for moved in _of_customer(policy, history)]


def _of_customer(policy: MetricPolicy, history: History) -> Iterator[Moved]:
    changes = _changes(policy, history.stretches)
    if policy.same_month == "ignored":
        changes = _without_short_stays(changes)
    standing = Standing({}, ever_paid=False)
    left: datetime | None = None
    for at, before, after, change in _steps(changes, policy):
        known = after if after and (after.minor or not before) else before
        if known is None:
            continue
        came = before.tier_id if before and before.minor and before.tier_id != known.tier_id else None
        money = Money(change, known.currency)
        kind = classify(standing, money, changes_tier=came is not None)
        if kind is None:
            continue
        standing = standing.after(money)
        if kind == "churn":
            left = at
        if kind == "reactivation" and left is not None and _too_late(policy, left, at):
            kind = "new"
        along = before.minor if came and before else 0
        yield Moved(history.organization_id, at, kind, change, known.currency, known.tier_id, came, along, known.annual)


def _too_late(policy: MetricPolicy, left: datetime, at: datetime) -> bool:
    return policy.window_days is not None and at - left > timedelta(days=policy.window_days)


def _steps(
    changes: Sequence[_Change], policy: MetricPolicy
) -> Iterator[tuple[datetime, _Level | None, _Level | None, int]]:
    """Yield single changes, those of one instant and currency as one where the policy groups them."""
    if policy.together == "apart":
        for one in changes:
            yield one.at, one.before, one.after, _size(one)
        return
    together: dict[tuple[datetime, str], list[_Change]] = defaultdict(list)
    for one in changes:
        level = one.after or one.before
        together[one.at, level.currency if level else ""].append(one)
    for (at, _), group in together.items():
        if len(group) == 1:
            yield at, group[0].before, group[0].after, _size(group[0])
            continue
        largest = max(group, key=lambda one: abs(_size(one)))
        known = largest.after or largest.before
        size = sum(_size(one) for one in group)
        yield at, None, None if known is None else known._replace(minor=max(size, 1)), size


def _size(one: _Change) -> int:
    return (one.after.minor if one.after else 0) - (one.before.minor if one.before else 0)


def _changes(policy: MetricPolicy, stretches: Sequence[Stretch]) -> list[_Change]:
    """Return where the worth or place of a chain changes; won before lost within an instant."""
    chains: dict[str, list[Stretch]] = defaultdict(list)
    for one in stretches:
        chains[one.chain].append(one)
    found = [change for name, chain in chains.items() for change in _of_chain(name, _levels(policy, chain))]
    return sorted(found, key=lambda one: (one.at, _size(one) < 0, one.chain))


def _of_chain(name: str, levels: Sequence[tuple[datetime, datetime | None, _Level]]) -> Iterator[_Change]:
    before: _Level | None = None
    until: datetime | None = None
    for start, end, level in levels:
        if before is not None and until is not None and until < start:
            yield _Change(until, name, before, None)
            before = None
        if before is not None and before.currency != level.currency:
            # Another currency is another subscription: what it begins with comes before what it ends with.
            yield _Change(start, name, None, level)
            yield _Change(start, name, before, None)
        elif before != level:
            yield _Change(start, name, before, level)
        before, until = level, end
    if before is not None and until is not None:
        yield _Change(until, name, before, None)


def _levels(policy: MetricPolicy, chain: Sequence[Stretch]) -> list[tuple[datetime, datetime | None, _Level]]:
    """Return the times and levels of a chain in order, with its end where the policy dates it."""
    ordered = sorted(chain, key=lambda one: (one.start, one.end or datetime.max.replace(tzinfo=one.start.tzinfo)))
    end = _end(policy, ordered[-1])
    found = []
    for number, one in enumerate(ordered):
        until = end if number == len(ordered) - 1 else one.end
        if end is not None:
            until = end if until is None else min(until, end)
        if until is not None and until <= one.start:
            continue
        found += [(start, stop, _level(policy, one, due)) for start, stop, due in _parts(policy, one, until)]
    return found


def _end(policy: MetricPolicy, last: Stretch) -> datetime | None:
    if last.end is None:
        # Its end is known to come, and is asked for already.
        return last.canceled_at if policy.churn_date == "when_scheduled" else None
    if policy.churn_date == "paid_period_end":
        return max(last.end, last.paid_until or last.end)
    if policy.churn_date == "when_scheduled":
        return min(last.end, last.canceled_at or last.end)
    return last.end


def _level(policy: MetricPolicy, one: Stretch, overdue: bool) -> _Level:
    annual = one.unit == "month" and one.every >= 12
    return _Level(0 if overdue else worth(one, policy), one.currency, one.tier_id, annual)


def _parts(
    policy: MetricPolicy, one: Stretch, until: datetime | None
) -> Iterator[tuple[datetime, datetime | None, bool]]:
    """Yield a stretch in parts, and of each whether an invoice was overdue and the policy minds."""
    start = one.start
    for due, paid in sorted(one.past_due) if policy.past_due == "excluded" else ():
        due = max(due, start)
        if (until is not None and due >= until) or (paid is not None and paid <= due):
            continue
        if start < due:
            yield start, due, False
        stop = until if paid is None or (until is not None and paid > until) else paid
        yield due, stop, True
        if stop is None or stop == until:
            return
        start = stop
    yield start, until, False


def _without_short_stays(changes: Sequence[_Change]) -> list[_Change]:
    """Return the changes without those of months that began and ended with nothing: who came and left within them."""
    months: dict[datetime, list[_Change]] = defaultdict(list)
    for one in changes:
        months[month_start(one.at)].append(one)
    kept: list[_Change] = []
    held: dict[str, int] = defaultdict(int)
    for month in sorted(months):
        opened = any(held.values())
        for one in months[month]:
            level = one.after or one.before
            if level is not None:
                held[level.currency] += _size(one)
        if opened or any(held.values()):
            kept += months[month]
    return kept


def paying_at(moved: Iterable[Moved], at: datetime) -> dict[str, dict[str, int]]:
    """Return what each customer pays a month at an instant, in minor units by currency; who pays nothing is absent."""
    found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for one in moved:
        if one.at <= at:
            found[one.organization_id][one.currency] += one.minor
    return {who: dict(held) for who, held in found.items() if any(held.values())}


def lost_in(moved: Iterable[Moved], period: Period, *, annual: bool | None = None) -> int:
    """Return how many churns a period has; `annual` narrows to those of yearly plans, or of all others."""
    return sum(one.kind == "churn" and one.at in period and (annual is None or one.annual is annual) for one in moved)
