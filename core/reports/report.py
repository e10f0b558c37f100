"""What a report is: its columns, who may take it away, what it can be narrowed to, and where its rows come from."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime

from core.access.actor import Actor
from core.access.permissions import Permission
from core.errors import InvalidInput
from core.reports.tabular import Cell, Column
from db.session import ReadSession


@dataclass(frozen=True)
class Narrowed:
    """What a report is narrowed to, as on its page; `assigned_to` empty is what nobody has taken.

    `since` and `until` are UTC days, both within; `customer` is an organization's id, `by` what sums are split by.
    """

    text: str | None = None
    status: str | None = None
    tier: str | None = None
    segment: str | None = None
    term: str | None = None
    owner: str | None = None
    archetype: str | None = None
    at_risk: bool | None = None
    near_limit: bool | None = None
    live: bool | None = None
    need: str | None = None
    priority: str | None = None
    rule: str | None = None
    assigned_to: str | None = None
    snoozed: bool | None = None
    kind: str | None = None
    product: str | None = None
    country: str | None = None
    customer: str | None = None
    by: str | None = None
    since: date | None = None
    until: date | None = None

    def given(self) -> dict[str, str | bool]:
        """Return what was said, by name; days as ISO 8601 writes them."""
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        return {
            name: value.isoformat() if isinstance(value, date) else value
            for name, value in found.items()
            if value is not None
        }


# Yields rows by the names of columns, some of them held at a time.
Rows = Callable[[ReadSession, Actor, Narrowed, datetime], Iterator[Mapping[str, Cell]]]


@dataclass(frozen=True)
class Report:
    """One report; who takes it needs `permission` and `export`, and `takes` are the filters it knows."""

    name: str
    title: str
    permission: Permission
    columns: tuple[Column, ...]
    takes: frozenset[str]
    rows: Rows
    export: Permission = Permission.CUSTOMER_EXPORT

    def may_take(self, actor: Actor) -> bool:
        """Whether it is for the actor at all."""
        return actor.realm == "vendor" and actor.may(self.permission) and actor.may(self.export)

    def columns_for(self, actor: Actor) -> tuple[Column, ...]:
        """Return the columns that the actor may see: no money without `finance:read`."""
        sees_money = actor.may(Permission.FINANCE_READ)
        return tuple(column for column in self.columns if sees_money or not column.finance)

    def check(self, narrowed: Narrowed) -> None:
        """Raise InvalidInput, naming what there is, where it is narrowed to something it does not know."""
        unknown = sorted(set(narrowed.given()) - self.takes)
        if unknown:
            known = ", ".join(sorted(self.takes))
            raise InvalidInput(f"The report “{self.name}” is not narrowed by {unknown[0]}. It takes: {known}.")


def financial(name: str, title: str, columns: tuple[Column, ...], takes: frozenset[str], rows: Rows) -> Report:
    """Return a report that is about money alone: it needs `finance:read` and `finance:export`."""
    return Report(name, title, Permission.FINANCE_READ, columns, takes, rows, Permission.FINANCE_EXPORT)
