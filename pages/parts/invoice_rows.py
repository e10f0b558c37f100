"""Invoices as rows of a table, alike wherever they are listed: state, when due, what is left to pay."""

from collections.abc import Sequence
from datetime import date

import pandas as pd

from core.billing.invoices.states import Invoice
from pages.parts import format as say
from pages.parts import pills


def frame(rows: Sequence[Invoice], day: date) -> pd.DataFrame:
    """A row an invoice, with the columns that a table may show of it."""
    return pd.DataFrame(
        {
            "number": [one.number or "Draft" for one in rows],
            "customer": [one.customer for one in rows],
            "state": pills.cells("status", [standing(one, day) for one in rows]),
            "late": [when_due(one, day) for one in rows],
            "left": [say.amount(one.due) if one.due else say.DASH for one in rows],
            "total": [say.amount(one.total) for one in rows],
            "month": [say.month(one.month or one.issued_on or one.created_at) for one in rows],
            "issued": [one.issued_on for one in rows],
        }
    )


def standing(one: Invoice, day: date) -> str:
    """The state, or overdue where it is open and late."""
    return "overdue" if one.days_late(day) else one.state


def when_due(one: Invoice, day: date) -> str:
    """In words: how late, or until when there is time; nothing of what is not owed."""
    late = one.days_late(day)
    if late:
        return f"{say.count(late, 'day')} late"
    if one.state != "open" or one.due_on is None:
        return ""
    left = (one.due_on - day).days
    return f"in {say.count(left, 'day')}" if left else "today"


def owed(rows: Sequence[Invoice], day: date) -> str:
    """What is left to pay of them, and what of it is late, in a sentence."""
    left, late = _sums(rows), _sums([one for one in rows if one.days_late(day)])
    if not left:
        return "Nothing is left to pay."
    return f"{left} is left to pay, {late} of it overdue." if late else f"{left} is left to pay, none of it overdue."


def _sums(rows: Sequence[Invoice]) -> str:
    sums: dict[str, int] = {}
    for one in rows:
        if one.state == "open" and one.due:
            sums[one.due.currency] = sums.get(one.due.currency, 0) + one.due.minor
    return " and ".join(say.money(minor, currency) for currency, minor in sorted(sums.items()))
