"""One act on many licenses: each done or refused by itself, and what all of it would touch, told beforehand."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import func, select

from core.access.actor import Actor
from core.access.permissions import Permission
from core.accounts.writes import reinstate_license, revoke_license
from core.billing.recurring import monthly_value
from core.errors import CalosError, InvalidInput
from core.finance.reads import exchange_rates
from core.finance.writes import lock_ledger
from core.licensing import writes as licensing
from core.licensing.acts import NEEDS, said_why
from core.licensing.transitions import Act
from core.money import Money
from db.models.billing import subscription
from db.models.licensing import installation, seat_lease
from db.models.licensing import license as licenses
from db.session import ReadSession, WriteSession

BulkAct = Literal["suspend", "resume", "revoke", "reinstate", "renew"]
MOST: Final = 500
_ACTS: Final = {
    "suspend": Act.SUSPEND,
    "resume": Act.RESUME,
    "revoke": Act.REVOKE,
    "reinstate": Act.REINSTATE,
    "renew": Act.RENEW,
}
_MOVES_MONEY: Final = frozenset({"revoke", "reinstate"})


@dataclass(frozen=True)
class BulkResult:
    """What became of one license; a refusal's stable code and sentence where it was not done."""

    install_id: str
    done: bool
    code: str | None = None
    detail: str | None = None


@dataclass(frozen=True)
class Radius:
    """What an act on these licenses touches; `unknown` are ids without a license, `mrr` is None without finance:read.

    `mrr` is what their subscriptions are worth a month, in the currency of reports.
    """

    licenses: int
    customers: int
    installations: int
    seats_in_use: int
    mrr: Money | None
    unknown: tuple[str, ...]


def bulk(
    session: WriteSession,
    actor: Actor,
    act: str,
    install_ids: Sequence[str],
    *,
    reason: str,
    now: datetime,
    days: int | None = None,
    strategy: str = "from_now_if_expired",
) -> list[BulkResult]:
    """Do one act (BulkAct) on up to 500 licenses, each within a savepoint, and return what became of each, as asked.

    `days` and `strategy` are for renew, without which each is renewed by its billing period. Raises NotPermitted or
    InvalidInput where none of them could be done.
    """
    if act not in _ACTS:
        raise InvalidInput(f"Do one of {', '.join(_ACTS)}.", field="act")
    actor.require_vendor()
    actor.require(NEEDS[_ACTS[act]])
    wanted = _checked(install_ids)
    said_why(reason)
    done: dict[str, BulkResult] = {}
    work = _act(session, actor, act, reason=reason, now=now, days=days, strategy=strategy)
    ours = _turns(session, wanted) if act in _MOVES_MONEY else frozenset(wanted)
    for install_id in sorted(wanted):
        done[install_id] = _one(session, install_id, work) if install_id in ours else _just_transferred(install_id)
    return [done[install_id] for install_id in wanted]


def blast_radius(session: ReadSession, actor: Actor, install_ids: Sequence[str], *, now: datetime) -> Radius:
    """Return what an act on these licenses would touch, to be shown before it is confirmed; needs `customer:read`."""
    actor.require_vendor()
    actor.require(Permission.CUSTOMER_READ)
    wanted = _checked(install_ids)
    held = session.execute(
        select(licenses.c.id, licenses.c.install_id, licenses.c.organization_id).where(
            licenses.c.install_id.in_(wanted)
        )
    ).all()
    ids = [row.id for row in held]
    installed = select(func.count()).where(installation.c.license_id.in_(ids))
    seated = select(func.count()).where(seat_lease.c.license_id.in_(ids), seat_lease.c.expires_at > now)
    known = {row.install_id for row in held}
    return Radius(
        licenses=len(held),
        customers=len({row.organization_id for row in held}),
        installations=session.execute(installed).scalar_one(),
        seats_in_use=session.execute(seated).scalar_one(),
        mrr=_mrr(session, ids, now) if actor.may(Permission.FINANCE_READ) else None,
        unknown=tuple(one for one in wanted if one not in known),
    )


def _checked(install_ids: Sequence[str]) -> list[str]:
    wanted = list(dict.fromkeys(install_ids))
    if not 1 <= len(wanted) <= MOST:
        raise InvalidInput(f"Name 1 to {MOST} licenses at a time; these are {len(wanted)}.", field="installIds")
    return wanted


def _turns(session: WriteSession, wanted: Sequence[str]) -> frozenset[str]:
    """Wait for one's turn at the money of each customer concerned, and return the licenses that are still theirs.

    All turns are taken before any license is held, and in one order, as every act does: so two of these, or one of
    these and a transfer, wait for each other instead of deadlocking.
    """
    customers = frozenset(_whose(session, wanted).values())
    for organization_id in sorted(customers):
        lock_ledger(session, organization_id)
    moved = {one for one, organization_id in _whose(session, wanted).items() if organization_id not in customers}
    return frozenset(wanted) - moved


def _whose(session: ReadSession, wanted: Sequence[str]) -> dict[str, UUID]:
    held = select(licenses.c.install_id, licenses.c.organization_id).where(licenses.c.install_id.in_(wanted))
    return {row.install_id: row.organization_id for row in session.execute(held)}


def _just_transferred(install_id: str) -> BulkResult:
    sentence = f"The license {install_id} has just been transferred. Look at it anew."
    return BulkResult(install_id, False, "just_transferred", sentence)


def _act(
    session: WriteSession,
    actor: Actor,
    act: str,
    *,
    reason: str,
    now: datetime,
    days: int | None,
    strategy: str,
) -> Callable[[str], object]:
    acts: dict[str, Callable[..., object]] = {
        "suspend": licensing.suspend,
        "resume": licensing.resume,
        "revoke": revoke_license,
        "reinstate": reinstate_license,
        "renew": partial(licensing.extend, days=days, strategy=strategy),
    }
    return lambda install_id: acts[act](session, actor, install_id, reason=reason, now=now)


def _one(session: WriteSession, install_id: str, work: Callable[[str], object]) -> BulkResult:
    try:
        with session.connection.begin_nested():
            work(install_id)
    except CalosError as refused:
        return BulkResult(install_id, False, refused.code, refused.message)
    return BulkResult(install_id, True)


def _mrr(session: ReadSession, license_ids: Collection[UUID], now: datetime) -> Money:
    own = subscription.c
    paid = own.license_id.in_(license_ids) & own.ended_at.is_(None) & (own.phase == "active")
    worth = [
        monthly_value(
            Money(row.amount_minor, row.currency),
            row.billing_period,
            row.quantity,
            percent_off=row.percent_off,
            minor_off=row.minor_off,
        )
        for row in session.execute(select(subscription).where(paid))
    ]
    return exchange_rates(session).report(worth, now.date())
