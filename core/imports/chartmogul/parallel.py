"""The parallel run: MRR and movements month by month, ChartMogul's beside ours, each difference named to the cent."""

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final
from uuid import UUID

from core.access.actor import Actor
from core.access.permissions import Permission
from core.finance.exchange import REPORTING, Rates
from core.finance.flows import exchange_rates
from core.finance.ledger import ledger_money
from core.finance.movements import KINDS, MovementKind
from core.finance.tally import last_day
from core.imports.chartmogul import reads
from core.imports.chartmogul.beside import CAUSES, UNEXPLAINED, Cause, Item, Sides, items_of, whose
from core.money import Money
from core.organizations.reads import names
from core.periods import INSTANT, Period, month_of
from core.reports.tabular import harmless
from db.session import ReadSession

# A customer by what both call it: ours where it is here, else ChartMogul's id.
Who = str | UUID
ALL: Final = "all customers"


@dataclass(frozen=True)
class Difference:
    """What differs of a customer at a month's end for one cause, in cents: theirs less ours.

    `gap` is of MRR, `moved` of the month's movements by kind; `since` is the first day on which it differed.
    """

    month: date
    who: Who
    cause: Cause
    sentence: str
    since: date
    gap: int
    moved: Mapping[MovementKind, int]


@dataclass(frozen=True)
class Month:
    """A month by both, in cents; the last may end before the month does."""

    month: date
    theirs: int
    ours: int
    moved_theirs: Mapping[MovementKind, int]
    moved_ours: Mapping[MovementKind, int]
    differences: tuple[Difference, ...]

    @property
    def gap(self) -> int:
        """What MRR differs by: theirs less ours."""
        return self.theirs - self.ours

    @property
    def agrees(self) -> bool:
        """Whether MRR, every movement and every customer agree to the cent."""
        return not self.differences


@dataclass(frozen=True)
class ParallelRun:
    """Both sides as of the export that was kept last; None before any was. `names` are customers by their key."""

    export: reads.Export | None
    months: tuple[Month, ...] = ()
    names: Mapping[Who, str] = field(default_factory=dict)
    import_id: UUID | None = None

    @property
    def differing(self) -> tuple[Month, ...]:
        """The months that don't agree."""
        return tuple(one for one in self.months if not one.agrees)

    @property
    def differences(self) -> tuple[Difference, ...]:
        """Every difference, month by month."""
        return tuple(each for one in self.months for each in one.differences)

    @property
    def unexplained(self) -> int:
        """The size of all gaps that nothing tells the cause of, in cents of MRR at the months' ends."""
        return sum(abs(one.gap) for one in self.differences if one.cause == UNEXPLAINED)

    def name(self, who: Who) -> str:
        """Return what a customer is called, else its id there."""
        return self.names.get(who) or str(who)


def run_beside(session: ReadSession, actor: Actor) -> ParallelRun:
    """Return ChartMogul's figures beside ours, for every month of theirs; needs `finance:read`."""
    export = kept(session, actor)
    if export is None:
        return ParallelRun(None)
    theirs, ours = reads.their_movements(session, export), reads.our_movements(session, export.until)
    first = min([*(one.at for one in theirs), *(one.at for one in ours)], default=export.until)
    months = list(_months(first, export.until))
    rates = exchange_rates(session)
    sides = _sides(session, theirs, ours)
    found = {who: items_of(one, rates) for who, one in sides.items()}
    ledger = ledger_money(session, months, (), as_of=export.until).measures
    made = []
    for place, month in enumerate(months):
        until = min(month.end, export.until)
        moved = {kind: int(ledger[kind][0, place]) for kind in KINDS}
        by_both = _Both(month, until, int(ledger["closing"][0, place]), moved)
        made.append(_month(by_both, theirs, sides, found, rates))
    known: dict[Who, str] = {key: name for key, name in names(session, actor).items() if name is not None}
    return ParallelRun(export, tuple(made), known, reads.run_of(session, export.books))


def kept(session: ReadSession, actor: Actor) -> reads.Export | None:
    """Return the export that ours is compared with, None before one was kept; needs `finance:read`."""
    actor.require_vendor()
    actor.require(Permission.FINANCE_READ)
    return reads.last_export(session)


@dataclass(frozen=True)
class _Both:
    period: Period
    until: datetime
    closing: int
    moved: Mapping[MovementKind, int]

    @property
    def last(self) -> date:
        """The last day whose movements are in, and whose rates count."""
        return last_day(min(self.until + INSTANT, self.period.end))


def _months(first: datetime, until: datetime) -> Iterator[Period]:
    month = month_of(first)
    while month.start <= until:
        yield month
        month = month_of(month.end)


def _sides(
    session: ReadSession, theirs: Sequence[reads.TheirMovement], ours: Sequence[reads.OurMovement]
) -> dict[Who, Sides]:
    everybody = whose(theirs, ours)
    here = [one for one in everybody if isinstance(one, UUID)]
    by_them, by_us = defaultdict(list), defaultdict(list)
    agreed, prorated = defaultdict(list), defaultdict(list)
    for one in theirs:
        by_them[one.organization_id or one.customer].append(one)
    for each in ours:
        by_us[each.organization_id].append(each)
    for subscription in reads.agreements_of(session, here):
        agreed[subscription.organization_id].append(subscription)
    for line in reads.prorated_of(session, here):
        prorated[line.organization_id].append(line)
    found: dict[Who, Sides] = {}
    for who in everybody:
        if isinstance(who, UUID):
            found[who] = Sides(by_them[who], by_us[who], agreed[who], prorated[who], known=True)
        else:
            found[who] = Sides(by_them[who], (), (), (), known=False)
    return found


def _month(
    by_both: _Both,
    theirs: Sequence[reads.TheirMovement],
    sides: Mapping[Who, Sides],
    found: Mapping[Who, Sequence[Item]],
    rates: Rates,
) -> Month:
    start, last = by_both.period.start.date(), by_both.last
    differences = [each for who, items in found.items() for each in _differences(start, last, who, items)]
    differences += [
        each for who, one in sides.items() if one.foreign for each in _revalued(start, last, who, one, rates)
    ]
    moved: Counter[MovementKind] = Counter()
    for one in theirs:
        if start <= one.at.date() <= last:
            moved[one.kind] += one.change
    closing = sum(one.change for one in theirs if one.at.date() <= last)
    month = Month(start, closing, by_both.closing, {kind: moved[kind] for kind in KINDS}, by_both.moved, ())
    differences += _rest(month, differences, sum(one.foreign for one in sides.values()))
    return Month(start, closing, by_both.closing, month.moved_theirs, by_both.moved, tuple(differences))


def _differences(start: date, last: date, who: Who, items: Sequence[Item]) -> Iterator[Difference]:
    """Yield what differs of a customer in a month, by cause; what cancels out by its end is no difference of MRR."""
    by_cause: dict[Cause, list[Item]] = defaultdict(list)
    for item in items:
        by_cause[item.cause].append(item)
    for cause, same in by_cause.items():
        legs = [leg for item in same for leg in item.legs if leg.day <= last]
        gap = sum(leg.minor for leg in legs)
        moved: Counter[MovementKind] = Counter()
        for leg in legs:
            moved[leg.kind] += leg.minor if leg.day >= start else 0
        left = {kind: minor for kind, minor in moved.items() if minor}
        if gap or left:
            begun = [item for item in same if any(leg.day <= last for leg in item.legs)]
            first = min(leg.day for leg in legs)
            yield Difference(start, who, cause, begun[-1].sentence, first, gap, left)


def _revalued(start: date, last: date, who: Who, one: Sides, rates: Rates) -> Iterator[Difference]:
    """Yield what the month's rates make of MRR that moved at the rates of other days."""
    balances: Counter[str] = Counter()
    then = 0
    for each in one.ours:
        if each.at.date() <= last:
            balances[each.change.currency] += each.change.minor
            then += rates.report([each.change], each.at.date()).minor
    now = rates.report([Money(minor, currency) for currency, minor in balances.items()], last).minor
    if now != then:
        said = f"Calos reports {', '.join(sorted(balances))} at the rate of {last}; it moved at other days' rates."
        yield Difference(start, who, "rate", said, start, then - now, {})


def _rest(month: Month, named: Sequence[Difference], foreign: int) -> Iterator[Difference]:
    """Yield what is left once every customer was named: a total rounds once, and its customers each by themselves."""
    gap = month.gap - sum(one.gap for one in named)
    moved = {
        kind: month.moved_theirs[kind] - month.moved_ours[kind] - sum(one.moved.get(kind, 0) for one in named)
        for kind in KINDS
    }
    left = {kind: minor for kind, minor in moved.items() if minor}
    if gap or left:
        largest = max(abs(gap), *(abs(minor) for minor in left.values()), 0)
        cause: Cause = "rounding" if largest <= foreign else UNEXPLAINED
        said = "The total is rounded once, each customer by itself." if cause == "rounding" else "Nothing tells why."
        yield Difference(month.month, ALL, cause, said, month.month, gap, left)


def verdict(found: ParallelRun) -> str:
    """Return the answer in one sentence."""
    differing, many = found.differing, len(found.months)
    if not differing:
        return f"{many} month{'s agree' if many != 1 else ' agrees'} to the cent"
    sizes = {abs(one.gap) for one in differing}
    by = f"by {Money(max(sizes), REPORTING)}" if len(sizes) == 1 else f"by up to {Money(max(sizes), REPORTING)}"
    causes = Counter(one.cause for one in found.differences)
    said = ", ".join(_inside(CAUSES[cause]) for cause, _ in causes.most_common())
    months = "1 month differs" if len(differing) == 1 else f"{len(differing)} months differ"
    return f"{months} {by if max(sizes) else 'in movements alone'}: {said}"


def _inside(label: str) -> str:
    return label[:1].lower() + label[1:]


def told(found: ParallelRun) -> Iterator[str]:
    """Yield the report in lines."""
    if found.export is None:
        yield "Nothing of ChartMogul's was kept yet: import its export first, or name a folder that holds one."
        return
    yield f"{verdict(found)}."
    yield f"{'month':<10}{'ChartMogul':>16}{'Calos':>16}{'difference':>14}"
    for month in found.months:
        amounts = [str(Money(minor, REPORTING)) for minor in (month.theirs, month.ours, month.gap)]
        yield f"{month.month:%Y-%m}   {amounts[0]:>16}{amounts[1]:>16}{amounts[2]:>14}"
        for one in month.differences:
            yield f"  {found.name(one.who)}: {CAUSES[one.cause]}, {Money(one.gap, REPORTING)}. {one.sentence}"
    yield f"Unexplained: {Money(found.unexplained, REPORTING)}."


HEADER: Final = ("month", "customer", "cause", "since", "gap", "currency", *KINDS, "sentence")


def as_csv(found: ParallelRun) -> str:
    """Return every difference as CSV, amounts in major units; formulas are made harmless."""
    made = io.StringIO()
    writing = csv.writer(made, lineterminator="\r\n")
    writing.writerow(HEADER)
    for one in found.differences:
        moved = [str(Money(one.moved.get(kind, 0), REPORTING).major()) for kind in KINDS]
        gap = str(Money(one.gap, REPORTING).major())
        cells = [f"{one.month:%Y-%m}", harmless(found.name(one.who)), CAUSES[one.cause], one.since.isoformat()]
        writing.writerow([*cells, gap, REPORTING, *moved, harmless(one.sentence)])
    return made.getvalue()
