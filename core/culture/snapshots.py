"""Snapshots of past health, taken from the roll-ups and kept, and the tests of health that stand on them."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Literal
from uuid import UUID

from sqlalchemy import Integer, cast, delete, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on, insert

from core.access.actor import Actor
from core.access.permissions import Permission
from core.culture.backtest import Backtest, Snapshot, hold_against
from core.culture.health_past import kept
from core.culture.health_rules import WEIGHTS_VERSION
from core.culture.observations import ActorDay, ToldDay, is_person
from core.culture.observing import Days, feature_actors, features, hours, told
from core.culture.past_use import STEP, PastUse, scores, snapshot_days
from core.culture.profile import METHOD_VERSION
from core.finance.reads import steps_of_everybody
from core.licensing.reads import tiers
from core.support.reads import departures_noted
from core.telemetry.rollups import Reach, history
from db.models.culture import health_day, health_snapshot
from db.models.licensing import license as licenses
from db.session import SYSTEM, Database, ReadSession, WriteSession

# Roll-ups outlive their events; what lies further back says little of how customers behave today.
MOST_DAYS = 1_100

Score = Literal["shown", "use"]
Label = Literal["ledger", "noted"]


@dataclass(frozen=True)
class Trial:
    """One score held against one meaning of leaving.

    `score` is the health as it was kept on that day, or what use alone would have earned, told afterwards. `label` is
    MRR that fell to zero, or a departure that somebody noted.
    """

    score: Score
    label: Label
    outcome: Backtest


@dataclass(frozen=True)
class Ledger:
    """When each customer paid, for which tier, and when that ended."""

    steps: dict[UUID, list[tuple[date, str, str]]]

    def tier_on(self, organization_id: UUID, day: date) -> str | None:
        """Return the tier that was paid for at the end of a day, None for nothing."""
        own = self.steps.get(organization_id, [])
        place = bisect_right(own, day, key=lambda step: step[0])
        if place == 0 or own[place - 1][1] == "churn":
            return None
        return own[place - 1][2]

    def departures(self) -> dict[str, list[date]]:
        """Return the days on which MRR fell to zero, by customer."""
        return {
            str(organization_id): [day for day, kind, _ in own if kind == "churn"]
            for organization_id, own in self.steps.items()
        }


def take_snapshots(control: Database, telemetry: Database, *, now: datetime, limit: int = 500) -> int:
    """Take the snapshots that are missing or of other rules, and return how many; each install is committed by itself.

    Of `limit` installs at most; the next run goes on from there, also after one that was killed midway.
    """
    last = now.astimezone(UTC).date()
    with control.read(SYSTEM) as reading:
        wanted = _wanting(reading, last, limit)
        ledger = _ledger(reading, now)
        included = {tier.id: frozenset(tier.features) for tier in tiers(reading)}
    taken = 0
    for install_id, organization_id, tier_id in wanted:
        with telemetry.read(SYSTEM) as reading:
            use = _past_use(reading, install_id, now)
        if not use.days:
            continue
        with control.write(SYSTEM) as writing:
            known = _known(writing, install_id)
            days = [day for day in snapshot_days(use.days[0].day, last) if day not in known]
            held = [included.get(ledger.tier_on(organization_id, day) or tier_id, frozenset()) for day in days]
            rows = [
                {
                    "install_id": install_id,
                    "day": each.day,
                    "organization_id": organization_id,
                    "method_version": METHOD_VERSION,
                    "weights_version": WEIGHTS_VERSION,
                    "score": each.score,
                    "parts": kept(each.health),
                }
                for each in scores(use, days, held)
            ]
            if rows:
                writing.execute(insert(health_snapshot).on_conflict_do_nothing(), rows)
            taken += len(rows)
    return taken


def trials(session: ReadSession, actor: Actor, *, now: datetime) -> tuple[Trial, ...]:
    """Return what each score was worth against each meaning of leaving, the most telling first.

    For vendor staff with `culture:read`. Only customers who paid on the day of a snapshot are in it.
    """
    actor.require(Permission.CULTURE_READ)
    actor.require_vendor()
    until = now.astimezone(UTC).date()
    ledger = _ledger(session, now)
    noted: dict[str, list[date]] = {}
    for organization_id, at in departures_noted(session, now):
        noted.setdefault(str(organization_id), []).append(at.astimezone(UTC).date())
    labels: dict[Label, dict[str, list[date]]] = {"ledger": ledger.departures(), "noted": noted}
    sources: dict[Score, list[Snapshot]] = {"shown": _shown(session, ledger), "use": _told(session, ledger)}
    made = [
        Trial(score, label, hold_against(snapshots, departures, until))
        for label, departures in labels.items()
        for score, snapshots in sources.items()
        if label == "ledger" or departures
    ]
    return tuple(sorted(made, key=lambda one: one.outcome.verdict == "too_few"))


def _wanting(session: ReadSession, last: date, limit: int) -> list[tuple[str, UUID, str]]:
    """Return the installs that have no snapshot by today's rules on the newest day of the grid."""
    newest = date.fromordinal(last.toordinal() - last.toordinal() % STEP)
    c, s = licenses.c, health_snapshot.c
    current = (s.method_version == METHOD_VERSION) & (s.weights_version == WEIGHTS_VERSION)
    done = select(s.install_id).where(s.day == newest, current)
    statement = select(c.install_id, c.organization_id, c.tier_id).where(c.install_id.not_in(done))
    rows = session.execute(statement.order_by(c.issued_at, c.install_id).limit(limit))
    return [(row.install_id, row.organization_id, row.tier_id) for row in rows]


def _known(session: WriteSession, install_id: str) -> set[date]:
    """Return the days that have a snapshot; those of other rules are dropped, to be taken anew."""
    c = health_snapshot.c
    other = or_(c.method_version != METHOD_VERSION, c.weights_version != WEIGHTS_VERSION)
    session.execute(delete(health_snapshot).where(c.install_id == install_id, other))
    return set(session.execute(select(c.day).where(c.install_id == install_id)).scalars())


def _past_use(session: ReadSession, install_id: str, now: datetime) -> PastUse:
    last = now.astimezone(UTC).date()
    found = history(session, install_id, Reach(last, 28, MOST_DAYS, MOST_DAYS), now)
    days = Days()
    by_day: dict[date, list[int]] = {}
    counted = [(row.hour.date(), row.events, row.errors) for row in hours(found)]
    for day, events, errors in [*counted, *told(found, days)]:
        sums = by_day.setdefault(day, [0, 0])
        sums[0] += events
        sums[1] += errors
    actors = zip(*found.columns("a_day", "a_actor", "a_events"), strict=True)
    return PastUse(
        install_id,
        [ToldDay(day, events, errors) for day, (events, errors) in sorted(by_day.items())],
        features(found, days),
        feature_actors(found, days),
        [ActorDay(days[day], actor, events) for day, actor, events in actors if is_person(actor)],
    )


def _ledger(session: ReadSession, now: datetime) -> Ledger:
    steps: dict[UUID, list[tuple[date, str, str]]] = {}
    for organization_id, at, kind, tier_id in steps_of_everybody(session, now):
        steps.setdefault(organization_id, []).append((at.astimezone(UTC).date(), kind, tier_id))
    return Ledger(steps)


def _told(session: ReadSession, ledger: Ledger) -> list[Snapshot]:
    c = health_snapshot.c
    current = (c.method_version == METHOD_VERSION) & (c.weights_version == WEIGHTS_VERSION)
    columns = select(c.organization_id, c.day, c.score).where(c.score.is_not(None), current)
    rows = session.execute(columns.order_by(c.organization_id, c.day))
    return _of_payers([(row.organization_id, row.day, float(row.score)) for row in rows], ledger)


def _shown(session: ReadSession, ledger: Ledger) -> list[Snapshot]:
    """Return the health kept of one day in every four weeks, the first of them."""
    c = health_day.c
    cell = cast(func.floor((c.day - date(1970, 1, 1)) / STEP), Integer)
    first = (
        select(c.organization_id, c.day, c.score)
        .where(c.score.is_not(None))
        .ext(distinct_on(c.install_id, cell))
        .order_by(c.install_id, cell, c.day)
        .subquery()
    )
    rows = session.execute(select(first).order_by(first.c.organization_id, first.c.day))
    return _of_payers([(row.organization_id, row.day, float(row.score)) for row in rows], ledger)


def _of_payers(rows: Iterable[tuple[UUID, date, float]], ledger: Ledger) -> list[Snapshot]:
    """Return a snapshot a customer and day, the mean where there are several installs, of those who paid then."""
    made = []
    for (organization_id, day), own in groupby(rows, key=lambda row: row[:2]):
        if ledger.tier_on(organization_id, day) is not None:
            made.append(Snapshot(str(organization_id), day, _mean([score for _, _, score in own])))
    return made


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
