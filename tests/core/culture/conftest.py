"""Customers with a license and telemetry in the database, for the tests of stored culture."""

import csv
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from core.licensing.policy import Policy
from core.licensing.writes import issue
from core.organizations.writes import create_organization
from core.telemetry.writes import ingest
from db.session import WriteSession
from tests.cast import Cast

CHROME = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"


@dataclass(frozen=True)
class Customer:
    """A customer of one test."""

    organization_id: UUID
    install_id: str


MakeCustomer = Callable[..., Customer]
Send = Callable[[str, list[Any]], None]


@pytest.fixture
def customer(session: WriteSession, cast: Cast, now: datetime) -> MakeCustomer:
    """Return a function that makes a customer with a license issued 60 days ago."""

    def made(name: str = "Northwind Markets", tier: str = "pro", **options: Any) -> Customer:
        then = now - timedelta(days=60)
        organization = create_organization(session, cast.system, name, now=then)
        term = options.pop("term", "free" if tier == "free" else "paid")
        asked: dict[str, Any] = {"term": term, "policy": Policy(max_seats=options.pop("max_seats", None)), **options}
        if term == "paid":
            asked["billing_period"] = "monthly"
        issued = issue(session, cast.system, organization, tier, now=then, **asked)
        return Customer(organization, issued.install_id)

    return made


def office_events(
    now: datetime, *, people: int = 8, days: int = 35, features: Iterable[str] = ("pos", "email")
) -> list[Any]:
    """Return events of people who work Monday to Friday, as an install sends them."""
    made = []
    for back in range(1, days + 1):
        day = (now - timedelta(days=back)).replace(hour=0, minute=0)
        if day.weekday() >= 5:
            continue
        for person in range(people):
            for number, feature in enumerate(features):
                for hour in range(9, 17):
                    at = day + timedelta(hours=hour, minutes=(person * 7 + number * 13) % 60)
                    made.append(
                        {
                            "id": f"{back}-{person}-{number}-{hour}",
                            "ts": at.isoformat(),
                            "type": "feature_used",
                            "feature": feature,
                            "user": f"user-{person}",
                            "ua": CHROME,
                            "domain": "northwind.example",
                            "version": "4.3",
                            "status": 200,
                            "ms": 120,
                        }
                    )
    return made


@pytest.fixture
def send(session: WriteSession, now: datetime) -> Send:
    """Return a function that writes events of an install through telemetry's own write."""

    def sent(install_id: str, events: list[Any]) -> None:
        receipt = ingest(session, install_id, events, now=now)
        assert receipt.refused == ()

    return sent


@dataclass(frozen=True)
class Commit:
    """One commit: when, at which UTC offset in hours its author lived, and by whom."""

    at: datetime
    offset: float
    actor: str


@pytest.fixture(scope="module")
def commits(shared_data: Path) -> list[Commit]:
    """Return the commits of a distributed team, oldest first."""
    with (shared_data / "git_activity" / "team_a.csv").open() as file:
        rows = list(csv.DictReader(file))
    made = []
    for row in rows:
        sign, hours, minutes = row["utc_offset"][0], int(row["utc_offset"][1:3]), int(row["utc_offset"][3:])
        offset = (hours + minutes / 60) * (-1 if sign == "-" else 1)
        made.append(Commit(datetime.fromtimestamp(int(row["epoch"]), UTC), offset, row["actor"]))
    return sorted(made, key=lambda commit: commit.at)
