"""A ChartMogul account made by hand, as its API exports it, with the MRR that it shows, reckoned on paper."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from core.databases import Databases
from core.imports.chartmogul import console
from core.imports.chartmogul.checking import Moving
from db.session import SYSTEM

NOW: Final = datetime(2025, 2, 10, 12, tzinfo=UTC)
MAPPING: Final = """\
books: ChartMogul
asOf: 2025-01-31
currency: USD
plans:
  basic-monthly: basic
  pro-monthly: pro
  Pro Annual: pro
  half: basic
seller: {name: Acme Inc, country: US, prefix: ACME}
"""
PLANS: Final = [
    ("basic-monthly", "Basic", 1, "month"),
    ("pro-monthly", "Pro", 1, "month"),
    ("pro-annual", "Pro Annual", 1, "year"),
    ("half", "Basic Half-Year", 6, "month"),
]
# Initech pays $1,000 a year: 83.33. Umbrella three seats of $20, then five, then two. Hooli leaves in June and comes
# back in September. Soylent pays 50 euros (1.08 dollars in 2024 and 2025). Globex goes from Basic ($30) to Pro ($70) on
# 16 May, with a prorated line; Vandelay pays $90 a half-year: 15.00. In dollars, at the end of each month:
EXPECTED: Final = {
    date(2024, 1, 31): 83_33 + 60_00,
    date(2024, 2, 29): 83_33 + 60_00 + 40_00,
    date(2024, 3, 31): 83_33 + 100_00 + 40_00 + 54_00,
    date(2024, 4, 30): 83_33 + 100_00 + 40_00 + 54_00 + 30_00,
    date(2024, 5, 31): 83_33 + 100_00 + 40_00 + 54_00 + 70_00,
    date(2024, 6, 30): 83_33 + 100_00 + 54_00 + 70_00,
    date(2024, 7, 31): 83_33 + 40_00 + 54_00 + 70_00 + 15_00,
    date(2024, 8, 31): 83_33 + 40_00 + 54_00 + 70_00 + 15_00,
    date(2024, 9, 30): 83_33 + 40_00 + 45_00 + 54_00 + 70_00 + 15_00,
    date(2024, 10, 31): 83_33 + 40_00 + 45_00 + 54_00 + 70_00 + 15_00,
    date(2024, 11, 30): 83_33 + 40_00 + 45_00 + 54_00 + 70_00 + 15_00,
    date(2024, 12, 31): 83_33 + 40_00 + 45_00 + 54_00 + 70_00 + 15_00,
    date(2025, 1, 31): 83_33 + 40_00 + 45_00 + 54_00 + 70_00 + 15_00,
}
# Customer, day, kind, change in cents of a dollar, MRR after it.
ACTIVITIES: Final = [
    ("initech", "2024-01-10", "new_biz", 83_33, 83_33),
    ("umbrella", "2024-01-15", "new_biz", 60_00, 60_00),
    ("hooli", "2024-02-01", "new_biz", 40_00, 40_00),
    ("umbrella", "2024-03-15", "expansion", 40_00, 100_00),
    ("soylent", "2024-03-20", "new_biz", 54_00, 54_00),
    ("globex", "2024-04-01", "new_biz", 30_00, 30_00),
    ("globex", "2024-05-16", "expansion", 40_00, 70_00),
    ("hooli", "2024-06-20", "churn", -40_00, 0),
    ("vandelay", "2024-07-01", "new_biz", 15_00, 15_00),
    ("umbrella", "2024-07-15", "contraction", -60_00, 40_00),
    ("hooli", "2024-09-05", "reactivation", 45_00, 45_00),
]
CUSTOMERS: Final = {
    "initech": ("Initech", "US"),
    "umbrella": ("Umbrella", "GB"),
    "hooli": ("Hooli", "US"),
    "soylent": ("Soylent GmbH", "DE"),
    "globex": ("Globex", "US"),
    "vandelay": ("=Vandelay()", "US"),
}


def months(first: str, last: str) -> list[tuple[str, str]]:
    """Return the first days of months from one to the other, each with the day on which it is over."""
    at, made = date.fromisoformat(first), []
    while at.isoformat() <= last:
        after = (at.replace(day=1, month=at.month + 1) if at.month < 12 else date(at.year + 1, 1, 1)).replace(
            day=at.day
        )
        made.append((at.isoformat(), after.isoformat()))
        at = after
    return made


def line(sub: str, plan: str, begins: str, ends: str, cents: int, many: int = 1, **more: Any) -> dict[str, Any]:
    """Return an invoice line as the API writes it."""
    return {
        "type": "subscription",
        "subscription_external_id": sub,
        "plan_uuid": f"pl_{plan}",
        "service_period_start": f"{begins} 00:00:00",
        "service_period_end": f"{ends} 00:00:00",
        "amount_in_cents": cents,
        "quantity": many,
        "tax_amount_in_cents": 0,
        "prorated": False,
        **more,
    }


def invoice(number: str, customer: str, day: str, lines: list[dict[str, Any]], currency: str = "USD") -> dict[str, Any]:
    """Return an invoice that was paid the day it was issued."""
    paid = [{"uuid": f"tr_{number}", "date": f"{day} 10:00:00", "type": "payment", "result": "successful"}]
    return {
        "uuid": f"inv_{number}",
        "external_id": number,
        "customer_uuid": f"cus_{customer}",
        "date": f"{day} 00:00:00",
        "due_date": None,
        "currency": currency,
        "line_items": lines,
        "transactions": paid,
    }


def invoices() -> list[dict[str, Any]]:
    """Return every invoice of the account."""
    made = [
        invoice("I-1", "initech", "2024-01-10", [line("s1", "pro-annual", "2024-01-10", "2025-01-10", 1_070_00,
                                                      tax_amount_in_cents=70_00)]),
        invoice("I-2", "initech", "2025-01-10", [line("s1", "pro-annual", "2025-01-10", "2026-01-10", 1_000_00)]),
        # The rise on 16 May, charged for the sixteen days left; June's line tells the price.
        invoice("G-2b", "globex", "2024-05-16", [
            line("s5", "pro-monthly", "2024-05-16", "2024-06-01", 36_13, prorated=True, proration_type="full"),
            line("s5", "basic-monthly", "2024-05-16", "2024-06-01", -15_48, prorated=True),
            {"type": "one_time", "description": "Setup", "amount_in_cents": 25_00, "quantity": 1},
        ]),
        invoice("V-1", "vandelay", "2024-07-01", [line("s6", "half", "2024-07-01", "2025-01-01", 90_00)]),
        invoice("V-2", "vandelay", "2025-01-01", [line("s6", "half", "2025-01-01", "2025-07-01", 90_00)]),
    ]  # fmt: skip
    seats = [*[3] * 2, *[5] * 4, *[2] * 7]
    for n, ((begins, ends), many) in enumerate(zip(months("2024-01-15", "2025-01-15"), seats, strict=True), 1):
        made.append(
            invoice(f"U-{n}", "umbrella", begins, [line("s2", "basic-monthly", begins, ends, 20_00 * many, many)])
        )
    for n, (begins, ends) in enumerate(months("2024-02-01", "2024-06-01"), 1):
        made.append(invoice(f"H-{n}", "hooli", begins, [line("s3", "basic-monthly", begins, ends, 40_00)]))
    for n, (begins, ends) in enumerate(months("2024-09-05", "2025-01-05"), 1):
        made.append(invoice(f"HH-{n}", "hooli", begins, [line("s3", "basic-monthly", begins, ends, 45_00)]))
    for n, (begins, ends) in enumerate(months("2024-03-20", "2025-01-20"), 1):
        made.append(invoice(f"S-{n}", "soylent", begins, [line("s4", "pro-monthly", begins, ends, 50_00)], "EUR"))
    for n, (begins, ends) in enumerate(months("2024-04-01", "2025-01-01"), 1):
        plan, cents = ("basic-monthly", 30_00) if n < 3 else ("pro-monthly", 70_00)
        made.append(invoice(f"G-{n}", "globex", begins, [line("s5", plan, begins, ends, cents)]))
    return made


def activities() -> list[dict[str, Any]]:
    """Return what `GET /v1/activities` answers."""
    return [
        {
            "uuid": f"act-{n}",
            "date": f"{day}T00:00:00+00:00",
            "type": kind,
            "activity-mrr-movement": change,
            "activity-mrr": mrr,
            "activity-arr": 12 * mrr,
            "currency": "USD",
            "customer-uuid": f"cus_{who}",
            "customer-external-id": who,
            "customer-name": CUSTOMERS[who][0],
        }
        for n, (who, day, kind, change, mrr) in enumerate(ACTIVITIES, 1)
    ]


def write(folder: Path, *, mapping: str = MAPPING, **other: Any) -> Path:
    """Write the account into a folder; `other` is what a file holds instead."""
    found: dict[str, Any] = {
        "customers": [
            {"uuid": f"cus_{key}", "external_id": key, "name": name, "country": country, "email": f"it@{key}.test"}
            for key, (name, country) in CUSTOMERS.items()
        ],
        "plans": [
            {"uuid": f"pl_{key}", "external_id": key, "name": name, "interval_count": count, "interval_unit": unit}
            for key, name, count, unit in PLANS
        ],
        "invoices": invoices(),
        "subscription_events": [
            {
                "id": 7,
                "customer_external_id": "hooli",
                "subscription_external_id": "s3",
                "event_type": "subscription_cancelled",
                "event_date": "2024-06-18 00:00:00",
                "effective_date": "2024-06-20 00:00:00",
            }
        ],
        "activities": activities(),
        **other,
    }
    folder.mkdir(parents=True, exist_ok=True)
    for kind, records in found.items():
        wrapped = "entries" if kind in ("customers", "activities") else kind
        (folder / f"{kind}.json").write_text(json.dumps({wrapped: records}))
    (folder / console.MAPPING).write_text(mapping)
    return folder


def checked(databases: Databases, folder: Path, now: datetime = NOW) -> Moving:
    """Check a folder against what is there."""
    with databases.control.read(SYSTEM) as session:
        return console.look(session, console.order_from(None, folder), into_demo=False, now=now)


def take(databases: Databases, folder: Path, now: datetime = NOW) -> Moving:
    """Import a folder as the command does."""
    found = checked(databases, folder, now)
    with databases.control.write(SYSTEM) as session:
        run_id = console.begin(session, console.order_from(None, folder), found.checked, now=now)
    console.take(databases, run_id, found, clock=lambda: now, report=lambda *_: None)
    return found
