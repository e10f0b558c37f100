"""Shapes of the parallel run on the wire; money in whole minor units."""

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from api.depends import Answer
from api.schemas.enterprise import Amount
from core.finance.exchange import REPORTING
from core.finance.movements import KINDS, MovementKind
from core.imports.chartmogul.beside import Cause
from core.imports.chartmogul.parallel import Month, ParallelRun, verdict


class Moved(Answer):
    """Movements of one kind, by both."""

    kind: MovementKind
    theirs: Amount
    ours: Amount


class NamedDifference(Answer):
    """One difference at a month's end: theirs less ours; `moved` is what the month's movements differ by."""

    customer_id: UUID | None
    customer: str
    cause: Cause
    sentence: str
    since: date
    gap: Amount
    moved: dict[MovementKind, Amount]


class MonthBeside(Answer):
    """A month by both; `gap` is ChartMogul's MRR less ours, and the sum of its differences."""

    month: date
    theirs: Amount
    ours: Amount
    gap: Amount
    movements: list[Moved]
    differences: list[NamedDifference]


class ParallelRunAnswer(Answer):
    """ChartMogul's figures beside ours; `verdict` says it in a sentence, null before anything was kept."""

    agrees: bool
    verdict: str | None
    until: datetime | None
    kept_at: datetime | None
    unexplained: Amount
    months: list[MonthBeside]

    @classmethod
    def of(cls, found: ParallelRun) -> "ParallelRunAnswer":
        """Return it as it is sent."""
        there = found.export
        return cls(
            agrees=there is not None and not found.differing,
            verdict=verdict(found) if there else None,
            until=there.until if there else None,
            kept_at=there.kept_at if there else None,
            unexplained=_amount(found.unexplained),
            months=[_month(found, one) for one in found.months],
        )


def _month(found: ParallelRun, one: Month) -> MonthBeside:
    differences = [
        NamedDifference(
            customer_id=each.who if isinstance(each.who, UUID) else None,
            customer=found.name(each.who),
            cause=each.cause,
            sentence=each.sentence,
            since=each.since,
            gap=_amount(each.gap),
            moved=_amounts(each.moved),
        )
        for each in one.differences
    ]
    return MonthBeside(
        month=one.month,
        theirs=_amount(one.theirs),
        ours=_amount(one.ours),
        gap=_amount(one.gap),
        movements=[
            Moved(kind=kind, theirs=_amount(one.moved_theirs[kind]), ours=_amount(one.moved_ours[kind]))
            for kind in KINDS
        ],
        differences=differences,
    )


def _amounts(moved: Mapping[MovementKind, int]) -> dict[MovementKind, Amount]:
    return {kind: _amount(minor) for kind, minor in moved.items()}


def _amount(minor: int) -> Amount:
    return Amount(minor=minor, currency=REPORTING)
