"""Customer cards brought up to date: what marks, new events and the turn of the day have made stale."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, any_, delete, func, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, insert

from core.accounts.card_facts import card_rows
from core.culture.writes import recompute
from core.periods import midnight
from core.telemetry.reads import dirty_installs
from db.models.accounts import card_mark, customer_card
from db.models.licensing import license as licenses
from db.session import ReadSession, WriteSession

# So many customers' facts are held at a time.
AT_ONCE: Final = 500
_A_DAY: Final = timedelta(days=1)


def refresh_card(session: WriteSession, telemetry: ReadSession, organization_id: UUID, *, now: datetime) -> None:
    """Bring one customer's card up to date within the transaction of the change, so that the page shows it at once.

    Their profiles are judged anew first: a revoked license is no upsell any more, a new trial may be one.
    """
    held = select(licenses.c.install_id).where(licenses.c.organization_id == organization_id)
    for install_id in session.execute(held).scalars().all():
        recompute(session, telemetry, install_id, now=now)
    _refresh(session, telemetry, [organization_id], now)


def refresh_cards(session: WriteSession, telemetry: ReadSession, *, now: datetime, limit: int = 200) -> int:
    """Bring up to `limit` stale cards up to date and return how many; a job calls this again and again.

    Marked ones come first, then customers whose installs sent events since, then those not refreshed today.
    """
    due = _due(session, telemetry, now, limit)
    batches = (due[start : start + AT_ONCE] for start in range(0, len(due), AT_ONCE))
    return sum(len(_refresh(session, telemetry, batch, now)) for batch in batches)


def _due(session: ReadSession, telemetry: ReadSession, now: datetime, limit: int) -> list[UUID]:
    first = func.min(card_mark.c.marked_at)
    marked = select(card_mark.c.organization_id).group_by(card_mark.c.organization_id).order_by(first).limit(limit)
    found = dict.fromkeys(session.execute(marked).scalars())
    if len(found) < limit:
        found.update(dict.fromkeys(_active_since(session, telemetry, limit)))
    if len(found) < limit:
        at = customer_card.c.refreshed_at
        # One that is newer than now by a day shows the customer from another viewpoint.
        of_another_day = or_(at < midnight(now.date()), at > now + _A_DAY)
        oldest = select(customer_card.c.organization_id).where(of_another_day).order_by(at)
        found.update(dict.fromkeys(session.execute(oldest.limit(limit)).scalars()))
    return list(found)[:limit]


def _active_since(session: ReadSession, telemetry: ReadSession, limit: int) -> list[UUID]:
    """Return the customers whose installs sent events after their card was refreshed."""
    # A mark tells when its first event came. Later ones that are late are told of when their profile is recomputed.
    since = {mark.install_id: max(mark.marked_at, mark.last_event_at) for mark in dirty_installs(telemetry, limit)}
    statement = (
        select(licenses.c.install_id, customer_card.c.organization_id, customer_card.c.refreshed_at)
        .join(customer_card, customer_card.c.organization_id == licenses.c.organization_id)
        .where(licenses.c.install_id.in_(since))
    )
    found = session.execute(statement)
    return [row.organization_id for row in found if row.refreshed_at < since[row.install_id]]


def _refresh(
    session: WriteSession, telemetry: ReadSession, organization_ids: Collection[UUID], now: datetime
) -> set[UUID]:
    """Write or delete these cards, and return whose are up to date now."""
    # The marks are read before the facts: one set in between outlives this refresh.
    marks = _marks(session, organization_ids)
    rows = card_rows(session, telemetry, organization_ids, now)
    without = set(organization_ids) - {row["organization_id"] for row in rows}
    session.execute(delete(customer_card).where(customer_card.c.organization_id.in_(without)))
    done = _write(session, rows) | without
    _forget(session, [each for each, organization_id in marks.items() if organization_id in done])
    return done


def _marks(session: ReadSession, organization_ids: Collection[UUID]) -> dict[int, UUID]:
    mine = card_mark.c.organization_id.in_(organization_ids)
    found = session.execute(select(card_mark.c.id, card_mark.c.organization_id).where(mine))
    return {row.id: row.organization_id for row in found}


def _forget(session: WriteSession, marks: Collection[int]) -> None:
    """Delete these marks, but for those that another refresh is deleting: it is never waited for."""
    ours = card_mark.c.id == any_(literal(list(marks), ARRAY(BigInteger)))
    free = select(card_mark.c.id).where(ours).with_for_update(skip_locked=True)
    session.execute(delete(card_mark).where(card_mark.c.id.in_(free)))


def _write(session: WriteSession, rows: list[dict[str, Any]]) -> set[UUID]:
    """Write the cards and return whose; an older refresh that comes late leaves the newer card alone."""
    if not rows:
        return set()
    statement = insert(customer_card)
    changed = {name: statement.excluded[name] for name in rows[0] if name != "organization_id"}
    at = statement.excluded.refreshed_at
    # What comes a day late is not late: it is of another viewpoint.
    newer = or_(at >= customer_card.c.refreshed_at, at < customer_card.c.refreshed_at - _A_DAY)
    written = statement.on_conflict_do_update(
        index_elements=[customer_card.c.organization_id], set_=changed, where=newer
    ).returning(customer_card.c.organization_id)
    # In one order, so that two refreshes of the same customers wait for each other instead of deadlocking.
    return set(session.execute(written, sorted(rows, key=lambda row: row["organization_id"].hex)).scalars())
