"""Shapes of runs of invoices on the wire."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from api.depends import Answer, Strict
from api.schemas.enterprise import Amount
from core.billing.invoices.drafting import month_asked
from core.billing.invoices.runs import Run, RunItem

ItemStateName = Literal["waiting", "drafted", "nothing", "refused", "finalized"]


class StartRun(Strict):
    """The month to bill for everybody."""

    month: Annotated[str, Field(min_length=7, max_length=7, description="As 2026-11.")]

    def first(self) -> date:
        """Return its first day."""
        return month_asked(self.month)


class RunRow(Answer):
    """A run as it stands; `counts` are customers by what became of them, `done` those the stage is through with."""

    id: UUID
    month: str
    stage: Literal["drafting", "drafted", "finalizing", "finalized"]
    started_by: str
    customers: int
    done: int
    counts: dict[str, int]
    totals: list[Amount]
    started_at: datetime
    drafted_at: datetime | None
    finalized_at: datetime | None

    @classmethod
    def of(cls, one: Run) -> "RunRow":
        """Return the row of a run."""
        said = {**vars(one), "month": f"{one.month:%Y-%m}", "started_by": one.started_label, "done": one.done}
        return cls.model_validate(said)


class RunList(Answer):
    """Runs, the newest first."""

    runs: list[RunRow]


class RunItemRow(Answer):
    """One customer of a run: its invoices, or why it has none."""

    organization_id: UUID
    customer: str
    state: ItemStateName
    reason: str | None
    invoice_ids: list[UUID]
    totals: list[Amount]

    @classmethod
    def of(cls, one: RunItem) -> "RunItemRow":
        """Return the row of a customer."""
        return cls.model_validate(one)


class RunItemList(Answer):
    """Customers of a run by name."""

    customers: list[RunItemRow]
    next_cursor: str | None
