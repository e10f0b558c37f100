"""What an install is compared with and judged by: its peers, the releases in the field, earlier health and outcomes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import Float, case, cast, func, select, true, tuple_
from sqlalchemy.dialects.postgresql import distinct_on

from core.billing.reads import Price, prices_in_force
from core.culture.health_past import PastHealth, past
from core.culture.peers import LEAST_PEERS, NOBODY, PeerRow, Peers, ShareSums, without
from core.culture.reliability import LEAST_EVENTS
from core.culture.upsells import Closed, Outcomes
from core.licensing.reads import tiers
from core.licensing.releases import releases
from db.models.culture import culture_profile, health_day, upsell
from db.session import ReadSession

CLOSED = ("won", "lost", "ignored")
COMPARED_DAYS = 7
# A version that one installation alone reports may be somebody's own build.
LEAST_INSTALLS_OF_A_RELEASE = 2
_PAST = select(health_day.c.install_id, health_day.c.day, health_day.c.weights_version, health_day.c.parts)
_ERROR_RATE = case(
    (culture_profile.c.events >= LEAST_EVENTS, cast(culture_profile.c.errors, Float) / culture_profile.c.events)
)


class Kept(NamedTuple):
    """What an install last added to its peers: of which tier, of what size, and what."""

    tier_id: str | None = None
    size_band: str | None = None
    row: PeerRow | None = None


NOT_KEPT: Final = Kept()


class Comparisons:
    """What installs are compared with and judged by; kept for a batch, since it hardly changes within one."""

    def __init__(self, session: ReadSession) -> None:
        self.tiers = tiers(session)
        self.published = tuple(releases(session))
        self.in_use = releases_in_field(session)
        self.outcomes = outcomes(session)
        self.in_field = features_in_field(session)
        self._prices: dict[datetime, tuple[Price, ...]] = {}
        self._groups: dict[tuple[str, str | None], Peers] = {}
        self._above: dict[tuple[str, ...], Peers] = {}

    def prices(self, session: ReadSession, now: datetime) -> tuple[Price, ...]:
        """Return the price lists as they stand at `now`."""
        if now not in self._prices:
            self._prices[now] = prices_in_force(session, now)
        return self._prices[now]

    def releases(self, now: datetime) -> tuple[str, ...]:
        """Return the versions that were out by `now`: as recorded, else as the field tells."""
        return tuple(each.version for each in self.published if each.released_at <= now) or self.in_use

    def peers(self, session: ReadSession, kept: Kept, tier_id: str, band: str) -> Peers:
        """Return the accounts of the same tier and size, or of the same tier where those are too few; never itself.

        `kept` is what is kept of the install itself.
        """
        own, own_band = (kept.row, kept.size_band) if kept.tier_id == tier_id else (None, None)
        near = without(self._group(session, tier_id, band), own if own_band == band else None)
        if near.accounts >= LEAST_PEERS:
            return near
        wide = without(self._group(session, tier_id, None), own)
        return wide if wide.accounts >= LEAST_PEERS else replace(NOBODY, accounts=wide.accounts)

    def above(self, session: ReadSession, tier_ids: tuple[str, ...]) -> Peers:
        """Return what the accounts of some tiers adopt together, without the shares of use."""
        if tier_ids not in self._above:
            self._above[tier_ids] = _adopters(session, tier_ids)
        return self._above[tier_ids]

    def _group(self, session: ReadSession, tier_id: str, band: str | None) -> Peers:
        key = (tier_id, band)
        if key not in self._groups:
            self._groups[key] = _peers(session, tier_id, band)
        return self._groups[key]


def closed_before(session: ReadSession, install_ids: Sequence[str]) -> dict[str, dict[tuple[str, str], Closed]]:
    """Return by install, kind and subject how its opportunities were last closed."""
    c = upsell.c
    columns = select(c.install_id, c.kind, c.subject, c.state, c.closed_at)
    found: dict[str, dict[tuple[str, str], Closed]] = {}
    closed = columns.where(c.install_id.in_(install_ids), c.state.in_(CLOSED))
    for row in session.execute(closed.order_by(c.closed_at)):
        found.setdefault(row.install_id, {})[row.kind, row.subject] = Closed(row.state, row.closed_at)
    return found


def past_health(session: ReadSession, install_ids: Sequence[str], now: datetime) -> dict[str, PastHealth]:
    """Return by install its health of a week ago, or of the oldest day since where there is none so old."""
    c = health_day.c
    today = now.astimezone(UTC).date()
    week_ago = today - timedelta(days=COMPARED_DAYS)
    known = _PAST.where(c.install_id.in_(install_ids), c.day < today, c.score.is_not(None))
    # The newest of those a week old, else the oldest of the rest.
    age = case((c.day <= week_ago, week_ago - c.day), else_=1_000_000 + c.day - week_ago)
    rows = session.execute(known.ext(distinct_on(c.install_id)).order_by(c.install_id, age))
    return {row.install_id: past(row.day, row.weights_version, row.parts) for row in rows}


def last_active_health(
    session: ReadSession, last_events: Mapping[str, datetime], now: datetime
) -> dict[str, PastHealth]:
    """Return by install the health kept on the day of its last event or on the one after it, rather the later one.

    Not of today, and none without a score: it was kept before the events of that day had arrived.
    """
    c = health_day.c
    if not last_events:
        return {}
    days = {install_id: at.astimezone(UTC).date() for install_id, at in last_events.items()}
    pairs = [(install_id, day + timedelta(days=after)) for install_id, day in days.items() for after in (0, 1)]
    today = now.astimezone(UTC).date()
    near = _PAST.where(tuple_(c.install_id, c.day).in_(pairs), c.day < today, c.score.is_not(None))
    # The later of two days comes last and so wins.
    rows = session.execute(near.order_by(c.day))
    return {row.install_id: past(row.day, row.weights_version, row.parts) for row in rows}


def releases_in_field(session: ReadSession) -> tuple[str, ...]:
    """Return the versions that at least two installs mainly run: what counts as released."""
    c = culture_profile.c
    statement = select(c.main_version).where(c.main_version.is_not(None)).group_by(c.main_version)
    return tuple(session.execute(statement.having(func.count() >= LEAST_INSTALLS_OF_A_RELEASE)).scalars())


def features_in_field(session: ReadSession) -> frozenset[str] | None:
    """Return the features that any install uses, or None where too few installs are known to tell."""
    c = culture_profile.c
    users = session.execute(select(func.count()).where(c.person_days > 0)).scalar_one()
    if users < LEAST_PEERS:
        return None
    used = func.jsonb_object_keys(c.feature_days).table_valued("feature").render_derived()
    statement = select(used.c.feature).distinct().select_from(culture_profile.join(used, true()))
    return frozenset(session.execute(statement).scalars())


def outcomes(session: ReadSession) -> dict[str, Outcomes]:
    """Return what became of the closed opportunities, by leading rule: what the chance to win is learnt from."""
    c = upsell.c
    won = func.count().filter(c.state == "won").label("won")
    statement = select(c.rule, won, func.count().label("closed")).where(c.state.in_(CLOSED)).group_by(c.rule)
    return {row.rule: Outcomes(row.won, row.closed) for row in session.execute(statement)}


def kept_of(session: ReadSession, install_ids: Sequence[str]) -> dict[str, Kept]:
    """Return by install what it last added to its peers."""
    c = culture_profile.c
    columns = (c.install_id, c.tier_id, c.person_days, c.feature_days, c.adopted, c.size_band)
    rows = session.execute(select(*columns, _ERROR_RATE.label("error_rate")).where(c.install_id.in_(install_ids)))
    return {
        row.install_id: Kept(
            row.tier_id,
            row.size_band,
            PeerRow(row.person_days, row.feature_days, frozenset(row.adopted), row.error_rate),
        )
        for row in rows
    }


def _adopters(session: ReadSession, tier_ids: tuple[str, ...]) -> Peers:
    if not tier_ids:
        return NOBODY
    c = culture_profile.c
    group = (c.tier_id.in_(tier_ids), c.person_days > 0)
    statement = select(c.adopted, func.count().label("accounts")).where(*group).group_by(c.adopted)
    patterns = [(frozenset(row.adopted), row.accounts) for row in session.execute(statement)]
    return Peers(sum(accounts for _, accounts in patterns), "higher tiers", 0.0, {}, patterns)


def _peers(session: ReadSession, tier_id: str, band: str | None) -> Peers:
    """Sum over accounts in the database: few rows come back, however many accounts there are."""
    c = culture_profile.c
    group = [c.tier_id == tier_id, c.person_days > 0] + ([c.size_band == band] if band else [])
    whole = cast(c.person_days, Float)
    counted = select(func.count().label("accounts"), func.coalesce(func.sum(1 / whole), 0.0).label("inverse"))
    total = session.execute(counted.where(*group)).one()
    each = func.jsonb_each_text(c.feature_days).table_valued("key", "value")
    share = cast(each.c.value, Float) / whole
    summed = (
        select(each.c.key, func.sum(share).label("total"), func.sum(share * share).label("squares"))
        .select_from(culture_profile.join(each, true()))
        .where(*group)
        .group_by(each.c.key)
    )
    patterns = select(c.adopted, func.count().label("accounts")).where(*group).group_by(c.adopted)
    rates = select(_ERROR_RATE.label("rate")).where(*group, _ERROR_RATE.is_not(None)).order_by("rate")
    return Peers(
        accounts=total.accounts,
        basis="same tier and size" if band else "same tier",
        inverse_n=total.inverse,
        shares={row.key: ShareSums(row.total, row.squares) for row in session.execute(summed)},
        patterns=[(frozenset(row.adopted), row.accounts) for row in session.execute(patterns)],
        error_rates=session.execute(rates).scalars().all(),
    )
