"""Shapes of reminders on the wire."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from pydantic import Field

from api.depends import Answer, Strict
from core.billing.invoices.dunning import LONGEST, MOST_STEPS, Notice, Step


class ReminderStep(Strict):
    """A mail so many days after an invoice was due; its texts may name {number}, {due}, {days} and {seller}."""

    days: Annotated[int, Field(ge=0, le=365)]
    subject: Annotated[str, Field(min_length=1, max_length=LONGEST)]
    words: Annotated[str, Field(min_length=1, max_length=LONGEST)]


class Schedule(Strict):
    """Every reminder, each on a day of its own."""

    steps: Annotated[list[ReminderStep], Field(min_length=1, max_length=MOST_STEPS)]

    def wanted(self) -> list[Step]:
        """Return it as the core takes it."""
        return [Step(one.days, one.subject, one.words) for one in self.steps]

    @classmethod
    def of(cls, steps: Sequence[Step]) -> "Schedule":
        """Return the shape of a schedule."""
        return cls(steps=[ReminderStep(days=one.days, subject=one.subject, words=one.words) for one in steps])


class PauseDunning(Strict):
    """Whether the invoice is left in peace."""

    paused: bool


class ReminderRow(Answer):
    """A reminder that was due: after how many days, when, and whether there was an address to mail it to."""

    days: int
    sent_at: datetime
    mailed: bool


class InvoiceDunning(Answer):
    """How one invoice is asked for."""

    paused: bool
    reminders: list[ReminderRow]

    @classmethod
    def of(cls, notices: Sequence[Notice], *, paused: bool) -> "InvoiceDunning":
        """Return the answer."""
        rows = [ReminderRow(days=one.days, sent_at=one.sent_at, mailed=one.mail_id is not None) for one in notices]
        return cls(paused=paused, reminders=rows)
