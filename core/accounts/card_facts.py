"""What a customer card shows, gathered for some customers at once: license, money, activity, culture, opportunities."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, case, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from core.accounts.customers import DAYS_SHOWN
from core.finance.exchange import Rates
from core.finance.reads import balances_of, exchange_rates
from core.money import Money, round_half_up
from core.periods import days_until
from core.telemetry.reads import daily_events, last_events
from db.models.culture import culture_profile, health_day, upsell
from db.models.licensing import license as licenses
from db.models.licensing import tier
from db.models.organizations import organization
from db.session import ReadSession

_WEEK: Final = timedelta(days=7)
# A health of a week ago may be read up to three days older, where no day nearer was computed.
_SLACK: Final = timedelta(days=3)
_LAST_HEALTH: Final = 100_000
_NEVER: Final = datetime(1, 1, 2, tzinfo=UTC)
_NO_END: Final = datetime(9999, 12, 30, tzinfo=UTC)


@dataclass(frozen=True)
class _Use:
    """What telemetry says of some installs: events a day, and the hour of the last one."""

    daily: Mapping[tuple[str, date], int]
    last: Mapping[str, datetime]


def card_rows(
    session: ReadSession, telemetry: ReadSession, organization_ids: Collection[UUID], now: datetime
) -> list[dict[str, Any]]:
    """Return the card of each customer that holds a license, as rows of customer_card."""
    mains = session.execute(_main_licenses(organization_ids, now)).all()
    installs = [row.install_id for row in mains]
    every_install = [install for row in mains for install in row.installs]
    balances = balances_of(session, [row.organization_id for row in mains], now)
    rates = exchange_rates(session)
    use = _use(telemetry, every_install, now)
    profiles = _profiles(session, installs)
    week_ago = _health_week_ago(session, installs, now)
    upsells = _upsells(session, [row.organization_id for row in mains], now)
    return [
        with_places(
            {
                **{name: value for name, value in row._mapping.items() if name != "installs"},
                **_money(balances[row.organization_id], rates, now),
                **_activity(row, use, now),
                **(profiles.get(row.install_id) or _NO_PROFILE),
                "health_week_ago": week_ago.get(row.install_id),
                **(upsells.get(row.organization_id) or {"upsells": 0, "top_priority": None}),
                "refreshed_at": now,
            }
        )
        for row in mains
    ]


def with_places(card: dict[str, Any]) -> dict[str, Any]:
    """Return a card with its places in the lists' orders; what is unknown comes last in the order's direction."""
    known = card["health"] is not None
    return {
        **card,
        "by_name": card["name"].casefold(),
        "by_health": round_half_up(card["health"] * 100) if known else _LAST_HEALTH,
        "by_usage": card["events_30d"],
        "by_last_seen": card["last_seen_at"] or _NEVER,
        "by_renewal": card["expires_at"] or _NO_END,
        "by_limit": round_half_up((card["limit_share"] or Decimal(0)) * 10_000),
    }


def _main_licenses(organization_ids: Collection[UUID], now: datetime) -> Any:
    """Return each customer with its main license: live before dead, highest tier, then newest."""
    customer = licenses.c.organization_id
    runs = licenses.c.revoked_at.is_(None)
    unexpired = or_(licenses.c.expires_at.is_(None), licenses.c.expires_at > now)
    copied = ("install_id", "tier_id", "term", "billing_period")
    dates = ("issued_at", "expires_at", "suspended_at", "revoked_at", "last_check_in_at")
    return (
        select(
            licenses.c.organization_id,
            *(organization.c[name] for name in ("name", "country", "segment", "owner_email")),
            licenses.c.id.label("license_id"),
            *(licenses.c[name] for name in (*copied, *dates)),
            func.count().filter(runs).over(partition_by=customer).label("licenses"),
            func.array_agg(licenses.c.install_id).over(partition_by=customer).label("installs"),
        )
        .join(organization, organization.c.id == licenses.c.organization_id)
        .join(tier, tier.c.id == licenses.c.tier_id)
        .where(licenses.c.organization_id.in_(organization_ids))
        .where(organization.c.realm == "customer", organization.c.archived_at.is_(None))
        .ext(distinct_on(licenses.c.organization_id))
        .order_by(
            licenses.c.organization_id,
            runs.desc(),
            unexpired.desc(),
            tier.c.rank.desc(),
            licenses.c.issued_at.desc(),
            licenses.c.id.desc(),
        )
    )


def _money(mrr: Money, rates: Rates, now: datetime) -> dict[str, Any]:
    reported = rates.report([mrr], now.date())
    return {"mrr_minor": mrr.minor, "currency": mrr.currency, "by_mrr": reported.minor}


def _use(telemetry: ReadSession, installs: list[str], now: datetime) -> _Use:
    days = days_until(now, DAYS_SHOWN)
    frame = daily_events(telemetry, installs, days[0], days[-1])
    keys = zip(frame["install_id"], frame["day"], strict=True)
    daily = dict(zip(keys, frame["events"].tolist(), strict=True))
    return _Use(daily, last_events(telemetry, installs, now))


def _activity(row: Row[Any], use: _Use, now: datetime) -> dict[str, Any]:
    daily = [sum(use.daily.get((install, day), 0) for install in row.installs) for day in days_until(now, DAYS_SHOWN)]
    seen = [use.last[install] for install in row.installs if install in use.last]
    seen += [row.last_check_in_at] if row.last_check_in_at else []
    return {"events_30d": sum(daily), "daily_30d": daily, "last_seen_at": max(seen, default=None)}


_NO_PROFILE: Final = dict.fromkeys(
    ("health", "health_low", "health_high", "archetype", "sentence", "limit_share", "limit_meter")
)


def _profiles(session: ReadSession, installs: list[str]) -> dict[str, dict[str, Any]]:
    """Return by install what the card shows of the cached culture profile."""
    profile = culture_profile.c.profile
    statement = select(
        culture_profile.c.install_id,
        profile["health"].label("health"),
        profile["usage"].label("usage"),
        profile["archetype"]["label"].astext.label("archetype"),
        profile["sentences"][0]["text"].astext.label("sentence"),
    ).where(culture_profile.c.install_id.in_(installs))
    return {row.install_id: _of_profile(row) for row in session.execute(statement)}


def _of_profile(row: Row[Any]) -> dict[str, Any]:
    health = row.health or {}
    shares = [(use["share"], use["meter"]) for use in row.usage or () if use["share"] is not None]
    share, meter = max(shares, default=(None, None))
    return {
        "health": _number(health.get("score")),
        "health_low": _number(health.get("low")),
        "health_high": _number(health.get("high")),
        "archetype": row.archetype,
        "sentence": row.sentence,
        "limit_share": _number(share),
        "limit_meter": meter,
    }


def _number(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _health_week_ago(session: ReadSession, installs: list[str], now: datetime) -> dict[str, Decimal]:
    day = (now - _WEEK).date()
    statement = (
        select(health_day.c.install_id, health_day.c.score)
        .where(health_day.c.install_id.in_(installs), health_day.c.day.between(day - _SLACK, day))
        .ext(distinct_on(health_day.c.install_id))
        .order_by(health_day.c.install_id, health_day.c.day.desc())
    )
    return {row.install_id: row.score for row in session.execute(statement) if row.score is not None}


def _upsells(session: ReadSession, organization_ids: list[UUID], now: datetime) -> dict[UUID, dict[str, Any]]:
    """Return by customer how many opportunities are open and not snoozed, and the highest priority among them."""
    urgency = case((upsell.c.priority == "HIGH", 3), (upsell.c.priority == "MEDIUM", 2), else_=1)
    statement = (
        select(upsell.c.organization_id, func.count().label("open"), func.max(urgency).label("top"))
        .where(upsell.c.organization_id.in_(organization_ids), upsell.c.state == "open")
        .where(or_(upsell.c.snoozed_until.is_(None), upsell.c.snoozed_until <= now))
        .group_by(upsell.c.organization_id)
    )
    words = {3: "HIGH", 2: "MEDIUM", 1: "LOW"}
    return {
        row.organization_id: {"upsells": row.open, "top_priority": words[row.top]} for row in session.execute(statement)
    }
