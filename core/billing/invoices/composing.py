"""A draft put together: due lines become invoice lines with discounts, taxes and sums, credits as far as they fit."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

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


def fitted(charges: Sequence[DueLine], credits: Sequence[DueLine], treatment: TaxTreatment) -> Fitted:
    """Return the lines of an invoice that asks for nothing less than zero: a credit is taken whole or waits.

    There is room for a credit where neither the sum before tax nor the one to be paid falls below zero: what was taxed
    may be given back where nothing is taxed any more.
    """
    asked = composed(charges, treatment)
    room, to_pay = asked.net, asked.total
    taken, waiting = [], []
    for each in sorted(credits, key=lambda one: (-one.amount, one.key or "")):
        given_back = composed([each], treatment)
        if room + given_back.net >= 0 and to_pay + given_back.total >= 0:
            room, to_pay = room + given_back.net, to_pay + given_back.total
            taken.append(each)
        else:
            waiting.append(each)
    return Fitted((*charges, *taken), tuple(waiting))


def composed(lines: Sequence[DueLine], treatment: TaxTreatment) -> Composed:
    """Return the lines with their sums; a discount comes off each period that it is of, however many are billed."""
    made: list[tuple[DueLine, TotalLine, Decimal, str]] = []
    for line in lines:
        asked = _precise(line, treatment)
        [total] = invoice_totals([asked], line.discounts).lines
        made.append((line, total, asked.tax_rate, asked.tax_category))
    net, discount, tax = (sum(getattr(total, name) for _, total, _, _ in made) for name in ("net", "discount", "tax"))
    return Composed(tuple(made), _taxes(made, treatment), net, discount, tax)


def _precise(line: DueLine, treatment: TaxTreatment) -> PreciseLine:
    rate, category = line.tax or (treatment.rate, treatment.category)
    return PreciseLine(line.key or "", line.amount, rate, category)


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
