"""Customers and plans of an export, and who or what is meant where another record names one of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from core.imports import cells
from core.imports.chartmogul.export import Read, Record
from core.imports.chartmogul.mapping import ChartMogulMapping
from core.imports.chartmogul.terms import Interval, interval_of
from core.imports.chartmogul.values import instant
from core.imports.findings import Refused
from core.imports.rows import CustomerRow, Key

SOURCE: Final = "customers"
_DATES: Final = ("customer_since", "lead_created_at", "free_trial_started_at", "created_at", "date")
_LONGEST_NAME: Final = 200


@dataclass(frozen=True)
class Plan:
    """A plan: what it is called, the tier it becomes, how often it is paid; one of them None where nobody can say."""

    name: str
    label: str
    tier: str | None
    interval: Interval | None


@dataclass(frozen=True)
class Catalog:
    """Customers by their key and by every name they are called; plans likewise."""

    customers: Mapping[Key, CustomerRow]
    customer_names: Mapping[str, Key]
    plans: Mapping[str, Plan]

    def customer(self, of: Record, *names: str) -> Key:
        """Return whose a record is; Refused where it names nobody who is here."""
        given = of.text(*names)
        if not given:
            raise Refused("missing_value", f"{names[0]} is empty.")
        found = self.customer_names.get(given)
        if found is None:
            raise Refused("unknown_reference", f"It belongs to {given[:80]}, which the customers don't hold.")
        if found not in self.customers:
            raise Refused("refused_reference", f"It belongs to {given[:80]}, who was refused.")
        return found

    def plan(self, of: Record) -> tuple[Plan, str, Interval]:
        """Return the plan that a record is of, its tier and interval; Refused where any of them is unknown."""
        given = of.text("plan_uuid", "plan_external_id", "plan_id", "plan", "plan_name")
        found = self.plans.get(given)
        if found is None:
            raise Refused("unknown_plan", f"The plan “{given[:80]}” is not among the plans of the export.")
        if found.tier is None:
            raise Refused("unknown_plan", f"Which tier is the plan “{found.label[:80]}”? Write it under plans in the "
                                          "mapping.")  # fmt: skip
        if found.interval is None:
            raise Refused("bad_interval", f"The plan “{found.label[:80]}” is paid at an interval that there is not "
                                          "here: months that make up a year are.")  # fmt: skip
        return found, found.tier, found.interval


def catalog_of(
    customers: Read, plans: Read, mapping: ChartMogulMapping, first: Mapping[str, datetime], *, now: datetime
) -> Catalog:
    """Return the catalog; `first` is when each customer, by any name, was first billed, for those without a date."""
    known: dict[Key, CustomerRow] = {}
    names: dict[str, Key] = {}
    for record in customers.records:
        calls = {record.origin.id, record.text("uuid")} - {""}
        names |= {name: record.origin.key for name in calls if name not in names}
        try:
            known[record.origin.key] = _customer(customers, record, [first[one] for one in calls if one in first], now)
        except Refused as why:
            customers.refuse(record.origin, why)
    return Catalog(known, names, _plans(plans, mapping))


def _customer(source: Read, record: Record, billed: list[datetime], now: datetime) -> CustomerRow:
    name = cells.text(record.text("company", "name"), "name", longest=_LONGEST_NAME)
    if not name:
        raise Refused("missing_value", "It has neither a company nor a name.")
    dated = [instant(record, one, now=now) for one in _DATES]
    since = min([*(one for one in dated if one is not None), *billed], default=None)
    if since is None:
        raise Refused("missing_value", "Nothing says since when: it has no date, and nothing was ever billed.")
    address = record.cells.get("address")
    given = record.text("country") or str((address if isinstance(address, dict) else {}).get("country") or "")
    country = cells.country(given)
    if given and country is None:
        source.note(record.origin, "unknown_country", f"country is “{given[:40]}”, no code of ISO 3166.")
    email = cells.text(record.text("email"), "email", longest=320).lower() or None
    return CustomerRow(record.origin, name, since, None, None, country, None, email, None)


def _plans(plans: Read, mapping: ChartMogulMapping) -> dict[str, Plan]:
    found: dict[str, Plan] = {}
    for record in plans.records:
        label = record.text("name", "plan_name") or record.origin.id
        uuid = record.text("uuid")
        calls = tuple(one for one in (record.origin.id, label, uuid) if one)
        try:
            count = cells.whole(record.text("interval_count") or "1", "interval_count", least=1, most=1_000)
        except Refused as why:
            plans.refuse(record.origin, why)
            continue
        interval = interval_of(count, record.text("interval_unit"))
        made = Plan(record.origin.id, label, mapping.tier_of(calls), interval)
        found |= {name: made for name in calls if name not in found}
        _note(plans, record, made)
    return found


def _note(plans: Read, record: Record, made: Plan) -> None:
    if made.tier is None:
        said = f"Which tier is “{made.label[:80]}”? Write it under plans in the mapping."
        plans.refuse(record.origin, Refused("unknown_plan", said))
    elif made.interval is None:
        said = f"“{made.label[:80]}” is paid every {record.text('interval_count')} {record.text('interval_unit')[:20]}."
        plans.refuse(record.origin, Refused("bad_interval", said))
