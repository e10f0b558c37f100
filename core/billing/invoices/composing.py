"""A draft put together: due lines become invoice lines with discounts, taxes and sums, credits as far as they fit."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from uuid import UUID

from core.billing.calculation import PreciseLine, TaxTotal, TotalLine, invoice_totals
from core.billing.invoices.due import DueLine
from core.billing.taxes import TaxTreatment


@dataclass(frozen=True)
class Composed:
    """What is on an invoice, in minor units: net is after discount; net + tax = total."""

    lines: tuple[tuple[DueLine, TotalLine, Decimal, str], ...]
    taxes: tuple[tuple[TaxTotal, str | None], ...]
    net: int
    discount: int
    tax: int

    @property
    def total(self) -> int:
        """What is to be paid."""
        return self.net + self.tax


@dataclass(frozen=True)
class Fitted:
    """Charges with the credits that fit under them; what does not fit waits for the next month."""

    lines: tuple[DueLine, ...]
    waiting: tuple[DueLine, ...]


def fitted(charges: Sequence[DueLine], credits: Sequence[DueLine]) -> Fitted:
    """Return the lines of an invoice that asks for nothing less than zero: a credit is taken whole or waits."""
    room = sum((invoice_totals([_precise(each)], each.discounts).subtotal for each in charges), 0) - sum(
        (invoice_totals([_precise(each)], each.discounts).discount for each in charges), 0
    )
    taken, waiting = [], []
    for each in sorted(credits, key=lambda one: (-one.amount, one.key or "")):
        size = -invoice_totals([_precise(each)]).subtotal
        if size <= room:
            room -= size
            taken.append(each)
        else:
            waiting.append(each)
    return Fitted((*charges, *taken), tuple(waiting))


def composed(lines: Sequence[DueLine], treatment: TaxTreatment) -> Composed:
    """Return the lines with their sums; each subscription's discounts come off its own lines alone."""

    def whose(line: DueLine) -> tuple[str, str]:
        return str(line.subscription_id or UUID(int=0)), repr(line.discounts)

    made: list[tuple[DueLine, TotalLine, Decimal, str]] = []
    for _, group in groupby(sorted(lines, key=whose), key=whose):
        own = list(group)
        precise = [_precise(line, treatment, place) for place, line in enumerate(own)]
        totals = invoice_totals(precise, own[0].discounts)
        made += [
            (line, total, asked.tax_rate, asked.tax_category)
            for line, total, asked in zip(own, totals.lines, precise, strict=True)
        ]
    order = {id(line): place for place, line in enumerate(lines)}
    made.sort(key=lambda one: order[id(one[0])])
    net, discount, tax = (sum(getattr(total, name) for _, total, _, _ in made) for name in ("net", "discount", "tax"))
    return Composed(tuple(made), _taxes(made, treatment), net, discount, tax)


def _precise(line: DueLine, treatment: TaxTreatment | None = None, place: int = 0) -> PreciseLine:
    if line.tax is not None:
        rate, category = line.tax
    else:
        rate, category = (treatment.rate, treatment.category) if treatment else (Decimal(0), "Z")
    return PreciseLine(str(place), line.amount, rate, category)


def _taxes(
    made: Sequence[tuple[DueLine, TotalLine, Decimal, str]], treatment: TaxTreatment
) -> tuple[tuple[TaxTotal, str | None], ...]:
    def rate(one: tuple[DueLine, TotalLine, Decimal, str]) -> tuple[str, Decimal]:
        return one[3], one[2]

    found = []
    for (category, percent), group in groupby(sorted(made, key=rate), key=rate):
        totals = [total for _, total, _, _ in group]
        base, tax = sum(total.net for total in totals), sum(total.tax for total in totals)
        note = treatment.note if category == treatment.category else None
        found.append((TaxTotal(category, percent, base, tax), note))
    return tuple(found)
