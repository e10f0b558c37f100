"""Small made-up installs for the tests of culture: a license, and events as roll-ups hold them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np

from core.culture.account import Account, Commercial
from core.culture.observations import (
    ActorDay,
    Facet,
    FeatureActorDay,
    FeatureDay,
    HourCount,
    Observations,
    Runs,
    window_until,
)
from core.culture.peers import NOBODY, Peers
from core.culture.picture import Picture, take
from core.licensing.reads import License, Tier
from core.licensing.status import Status
from core.money import Money
from core.usage.consumption import Consumption, daily, standing
from core.usage.limits import Limit, in_force

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)  # a Saturday
ORGANIZATION = UUID("0190a000-0000-7000-8000-000000000001")
RELEASES = ("4.0", "4.1", "4.2", "4.2.1", "4.3")

TIERS = tuple(
    Tier(name, label, rank, features, installs, domains, dict(zip(("api_calls_day", "members"), limits, strict=True)))
    for name, label, rank, features, installs, domains, limits in (
        ("free", "Free", 0, ("pos", "email"), 1, 1, (1_000, 3)),
        ("basic", "Basic", 1, ("pos", "email", "chatbot"), 1, 1, (10_000, 10)),
        ("pro", "Pro", 2, ("pos", "email", "chatbot", "sales", "crypto", "analytics"), 3, 2, (100_000, 50)),
        (
            "enterprise",
            "Enterprise",
            3,
            ("pos", "email", "chatbot", "sales", "crypto", "analytics", "sso", "audit_export"),
            None,
            None,
            (None, 500),
        ),
    )
)
PRICES = {"free": 0, "basic": 9_900, "pro": 49_900, "enterprise": 249_900}


def account(tier: str = "pro", *, commercial: Commercial | None = None, **changed: Any) -> Account:
    """Return an account of a license issued a year ago and verified an hour ago."""
    license = License(
        id=UUID(int=1),
        organization_id=ORGANIZATION,
        organization_name="Northwind Markets",
        install_id="inst-northwind",
        tier_id=tier,
        term="free" if tier == "free" else "paid",
        billing_period=None if tier == "free" else "monthly",
        status=Status.ACTIVE,
        issued_at=NOW - timedelta(days=365),
        starts_at=NOW - timedelta(days=365),
        expires_at=None,
        suspended_at=None,
        revoked_at=None,
        revoke_reason=None,
        converted_at=None,
        notes="",
        max_installs=None,
        max_seats=None,
        domains=(),
        fingerprint_required=False,
        check_in_days=None,
        expiry_strategy="restrict",
        overage="deny",
        entitlements=(),
        versions=None,
        first_verified_at=NOW - timedelta(days=364),
        last_check_in_at=NOW - timedelta(hours=1),
        state_version=1,
    )
    known = commercial or Commercial(
        mrr=Money(PRICES[tier], "USD"),
        list_mrr={name: Money(amount, "USD") for name, amount in PRICES.items()},
        days_late=0,
        urgent_tickets=0,
    )
    return Account(replace(license, **changed), TIERS, known)


class Office:
    """Events of people at work, made hour by hour and rolled up as ingest does it."""

    def __init__(self, *, weeks: int = 12, seed: int = 7) -> None:
        self.random = np.random.default_rng(seed)
        self.first = (NOW - timedelta(weeks=weeks)).replace(hour=0)
        self.rows: list[tuple[datetime, str, str | None, bool]] = []
        self.denied: Counter[tuple[datetime, str, str]] = Counter()
        self.facets: list[Facet] = []

    def days(self, weekdays: Sequence[int] = range(5)) -> list[datetime]:
        """Return the midnights of the given weekdays up to yesterday."""
        lived = (NOW.date() - self.first.date()).days
        every = [self.first + timedelta(days=i) for i in range(lived)]
        return [day for day in every if day.weekday() in weekdays]

    def work(
        self,
        people: int,
        features: Mapping[str, float],
        *,
        hours: tuple[int, int] = (9, 17),
        weekdays: Sequence[int] = range(5),
        a_day: float = 20,
        presence: float = 0.85,
        errors: float = 0.002,
    ) -> "Office":
        """Let people work: on a day each is there with a chance, and uses each feature with a chance."""
        for day in self.days(weekdays):
            for person in range(people):
                if self.random.random() > presence:
                    continue
                for feature, chance in features.items():
                    if self.random.random() < chance:
                        self._events(day, f"user-{person}", feature, hours, a_day * chance, errors)
        return self

    def event(self, at: datetime, actor: str, feature: str | None, *, failed: bool = False) -> "Office":
        """Add one event."""
        self.rows.append((at, actor, feature, failed))
        return self

    def refuse(self, at: datetime, actor: str, feature: str) -> "Office":
        """Add one event that was answered 402."""
        self.denied[at.replace(hour=0, minute=0), feature, actor] += 1
        return self.event(at, actor, feature)

    def said(self, kind: str, value: str, events: int, days: int = 28) -> "Office":
        """Add a facet of the window."""
        last = NOW.date() - timedelta(days=1)
        self.facets.append(Facet(kind, value, events, 0, days, last - timedelta(days=days - 1), last))
        return self

    def observed(self, now: datetime = NOW) -> Observations:
        """Return the roll-ups of all events before `now`."""
        rows = [row for row in self.rows if row[0] < now]
        window = window_until(now)
        hours = Counter(at.replace(minute=0, second=0, microsecond=0) for at, *_ in rows)
        failed = Counter(at.replace(minute=0, second=0, microsecond=0) for at, _, _, bad in rows if bad)
        uses = Counter((at.date(), feature, actor) for at, actor, feature, _ in rows if feature)
        denied: Counter[Any] = Counter()
        for (at, feature, actor), n in self.denied.items():
            denied[at.date(), feature, actor] += n
        by_feature: Counter[Any] = Counter()
        refused: Counter[Any] = Counter()
        for (day, feature, actor), n in uses.items():
            by_feature[day, feature] += n
            refused[day, feature] += denied[day, feature, actor]
        people = Counter((at.date(), actor) for at, actor, _, _ in rows)
        return Observations(
            install_id="inst-northwind",
            now=now,
            window=window,
            hours=tuple(HourCount(hour, n, 0, failed[hour]) for hour, n in sorted(hours.items())),
            features=tuple(
                FeatureDay(day, feature, n, 0, refused[day, feature])
                for (day, feature), n in sorted(by_feature.items())
            ),
            feature_actors=tuple(
                FeatureActorDay(*key, n, denied[key]) for key, n in sorted(uses.items()) if window.holds(key[0])
            ),
            actors=tuple(ActorDay(*key, n) for key, n in sorted(people.items()) if window.holds(key[0])),
            earlier_people=frozenset(actor for day, actor in people if window.before().holds(day)),
            facets=tuple(self.facets),
            runs=self._runs(rows, window.first_day),
            first_event_at=min((row[0] for row in rows), default=None),
            last_event_at=max((row[0] for row in rows), default=None),
        )

    def _events(
        self, day: datetime, actor: str, feature: str, hours: tuple[int, int], mean: float, errors: float
    ) -> None:
        length = (hours[1] - hours[0]) % 24 or 24
        for minute in self.random.integers(0, length * 60, self.random.poisson(mean)):
            at = day + timedelta(hours=hours[0], minutes=int(minute))
            self.rows.append((at, actor, feature, bool(self.random.random() < errors)))

    @staticmethod
    def _runs(rows: Sequence[tuple[datetime, str, str | None, bool]], first_day: Any) -> dict[int, Runs]:
        minutes: dict[str, set[int]] = {}
        for at, actor, _, _ in rows:
            if at.date() >= first_day:
                minutes.setdefault(actor, set()).add(int(at.timestamp() // 60))
        runs = {}
        for gap in (15, 30, 60):
            starts, lengths = [], []
            for moments in minutes.values():
                ordered = sorted(moments)
                begin = last = ordered[0]
                for moment in [*ordered[1:], ordered[-1] + 10_000]:
                    if moment - last > gap:
                        starts.append(begin)
                        lengths.append(last - begin)
                        begin = moment
                    last = moment
            runs[gap] = Runs(np.array(starts, dtype=np.int64), np.array(lengths, dtype=np.int64))
        return runs


def api_usage(calls: Sequence[int], highest: int | None, *, members: tuple[int, int] = (8, 50)) -> list[Consumption]:
    """Return consumption for daily API calls up to yesterday and for members (seen, allowed)."""
    yesterday = (NOW - timedelta(days=1)).date()
    seen, allowed = members
    return [
        daily(Limit("api_calls_day", highest), calls, yesterday, 0),
        standing(Limit("members", allowed), seen, seen),
    ]


def picture_of(
    office: Office,
    who: Account | None = None,
    *,
    calls: Sequence[int] = (4_000,) * 56,
    peers: Peers = NOBODY,
    releases: Sequence[str] = RELEASES,
) -> Picture:
    """Return the picture of an office's events."""
    holder = who or account()
    observed = office.observed()
    seen = len({row.actor for row in observed.named_actors()})
    limits = {limit.meter: limit.highest for limit in in_force(holder.tier.limits, holder.license.max_seats)}
    usage = api_usage(calls, limits["api_calls_day"], members=(seen, limits["members"] or 0))
    return take(holder, observed, usage, peers, releases)
