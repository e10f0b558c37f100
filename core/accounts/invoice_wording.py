"""What the timeline says of an invoice: one sentence each."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

from core.money import Money

InvoiceNews = Literal["issued", "paid", "overdue", "credited", "dunned"]


def invoice_told(what: InvoiceNews, number: str, said: Mapping[str, Any]) -> tuple[str, str]:
    """Return title and detail of what happened to an invoice or credit note of that number."""
    if what == "dunned":
        mailed = "by mail" if said["mailed"] else "without a mail: there is no billing address"
        return f"Asked for invoice {number}", f"step of day {said['days']}, {mailed}"
    amount = Money(said["minor"], said["currency"])
    if what == "credited":
        return f"Credit note {number}: {amount}", ""
    due = f"due {date.fromisoformat(said['due']):%-d %B %Y}" if said["due"] else ""
    title = {"issued": "Invoice {} issued: {}", "paid": "Invoice {} paid: {}", "overdue": "Invoice {} is overdue: {}"}
    return title[what].format(number, amount), "" if what == "paid" else due
