"""Coupons: what may be taken off, by whom how often, and which subscriptions redeemed them."""

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, func, select, update
from sqlalchemy.dialects.postgresql import insert

from core.access import audit
from core.access.actor import Actor
from core.access.permissions import Permission
from core.billing.price_writes import LARGEST, require_pricing
from core.billing.reads import CouponDuration, Subscription
from core.errors import Conflict, InvalidInput, NotFound
from core.ids import new_id
from core.money import Money
from core.periods import MONTHS, add_months
from db.models.organizations import organization
from db.models.prices import coupon, coupon_redemption
from db.session import ReadSession, WriteSession

_CODE: Final = re.compile(r"[A-Z0-9][A-Z0-9_-]{2,39}")
_MOST_MONTHS: Final = 120
_MOST_REDEMPTIONS: Final = 1_000_000
LONGEST_LABEL: Final = 80
_own = coupon.c
_used = coupon_redemption.c


@dataclass(frozen=True)
class CouponTerms:
    """What a coupon takes off each billing period, either `percent` or `amount`, and who may still redeem it.

    `duration` once: the first billing period; repeating: the periods of `months`; forever.
    """

    code: str
    label: str
    duration: CouponDuration
    percent: Decimal | None = None
    amount: Money | None = None
    months: int | None = None
    redeem_by: datetime | None = None
    max_redemptions: int | None = None


@dataclass(frozen=True)
class KeptCoupon:
    """A coupon as it is kept, and how often it was redeemed."""

    id: UUID
    terms: CouponTerms
    redeemed: int
    withdrawn_at: datetime | None
    by: str
    created_at: datetime

    def closed(self, now: datetime) -> str | None:
        """Return why nobody can redeem it any more, or None."""
        if self.withdrawn_at is not None:
            return "It was withdrawn."
        if self.terms.redeem_by is not None and now >= self.terms.redeem_by:
            return f"It could be redeemed until {self.terms.redeem_by:%-d %B %Y}."
        if self.terms.max_redemptions is not None and self.redeemed >= self.terms.max_redemptions:
            return f"It was redeemed {self.redeemed:,} times, which is as often as it may be."
        return None


@dataclass(frozen=True)
class Redemption:
    """A coupon on a chain of subscriptions; `ends_at` None takes off forever."""

    id: UUID
    code: str
    organization_id: UUID
    customer: str
    agreement_id: UUID
    redeemed_at: datetime
    ends_at: datetime | None
    by: str


def create_coupon(session: WriteSession, actor: Actor, terms: CouponTerms, *, now: datetime) -> UUID:
    """Keep a coupon and return its id; audited. InvalidInput names the field, Conflict is a code that is taken."""
    require_pricing(actor)
    _require_terms(terms, now)
    made = new_id()
    row = {
        name: getattr(terms, name)
        for name in ("code", "label", "percent", "duration", "months", "redeem_by", "max_redemptions")
    }
    if terms.amount is not None:
        row |= {"amount_minor": terms.amount.minor, "currency": terms.amount.currency}
    added = insert(coupon).values(**row, id=made, by=actor.label, created_at=now)
    if session.execute(added.on_conflict_do_nothing().returning(_own.id)).one_or_none() is None:
        raise Conflict(f"There is a coupon {terms.code} already. Choose another code.", code="code_taken")
    told = {"code": terms.code, "duration": terms.duration, "months": terms.months}
    told |= {"percent": None if terms.percent is None else str(terms.percent)}
    told |= {"amountMinor": terms.amount.minor if terms.amount else None}
    _record(session, actor, "coupon.created", made, now, after=told)
    return made


def withdraw_coupon(session: WriteSession, actor: Actor, code: str, *, reason: str, now: datetime) -> None:
    """Let nobody redeem a coupon any more; who has redeemed it keeps it. Audited."""
    require_pricing(actor)
    if not reason.strip():
        raise InvalidInput("Say why it is withdrawn.", field="reason")
    kept = _locked(session, code)
    if kept.withdrawn_at is not None:
        raise Conflict(f"{kept.terms.code} was withdrawn already.", code="already_withdrawn")
    session.execute(update(coupon).where(_own.id == kept.id).values(withdrawn_at=now))
    _record(session, actor, "coupon.withdrawn", kept.id, now, reason=reason.strip())


def claim(
    session: WriteSession, actor: Actor, code: str, on: Subscription, *, now: datetime
) -> tuple[KeptCoupon, Redemption]:
    """Redeem a coupon for a running subscription, and return it with until when it takes off.

    What comes off is put on the subscription by the caller, in the same transaction. Raises NotFound for no such code,
    Conflict for one that is closed or was redeemed here before, InvalidInput for another currency.
    """
    actor.require_vendor()
    actor.require(Permission.LICENSE_UPDATE_TIER)
    kept = _locked(session, code)
    why = kept.closed(now)
    if why is not None:
        raise Conflict(f"{kept.terms.code} can't be redeemed. {why}", code="coupon_closed")
    amount = kept.terms.amount
    if amount is not None and amount.currency != on.amount.currency:
        raise InvalidInput(
            f"{kept.terms.code} takes off {amount}, and this subscription is in {on.amount.currency}.",
            field="code",
            code="currency",
        )
    name = session.execute(select(organization.c.name).where(organization.c.id == on.organization_id)).scalar_one()
    ends_at = coupon_end(kept.terms, on, now)
    made = Redemption(new_id(), kept.terms.code, on.organization_id, name, on.agreement, now, ends_at, actor.label)
    row = {
        name: getattr(made, name) for name in ("id", "organization_id", "agreement_id", "redeemed_at", "ends_at", "by")
    }
    added = insert(coupon_redemption).values(**row, coupon_id=kept.id).on_conflict_do_nothing().returning(_used.id)
    if session.execute(added).one_or_none() is None:
        raise Conflict(f"{kept.terms.code} was redeemed for this subscription before.", code="already_redeemed")
    told = {"code": kept.terms.code, "until": ends_at.isoformat() if ends_at else None}
    target = ("subscription", str(on.agreement))
    audit.record(session, actor, "coupon.redeemed", target, now=now, organization_id=on.organization_id, after=told)
    return kept, made


def coupon_end(terms: CouponTerms, on: Subscription, now: datetime) -> datetime | None:
    """Return until when a coupon takes off: one billing period, its months, or None for ever.

    Within it falls exactly one bill of a coupon that takes off once.
    """
    if terms.duration == "forever":
        return None
    return add_months(now, MONTHS[on.billing_period] if terms.months is None else terms.months)


def coupons(session: ReadSession, actor: Actor) -> tuple[KeptCoupon, ...]:
    """Return every coupon, the newest first; needs `finance:read`."""
    actor.require_vendor()
    actor.require(Permission.FINANCE_READ)
    rows = session.execute(_kept().order_by(_own.created_at.desc(), _own.id.desc()))
    return tuple(_coupon(row) for row in rows)


def redemptions(session: ReadSession, actor: Actor, *, limit: int = 200) -> tuple[Redemption, ...]:
    """Return who redeemed what, the newest first; needs `finance:read`."""
    actor.require_vendor()
    actor.require(Permission.FINANCE_READ)
    statement = (
        select(coupon_redemption, _own.code, organization.c.name.label("customer"))
        .join(coupon, _own.id == _used.coupon_id)
        .join(organization, organization.c.id == _used.organization_id)
        .order_by(_used.redeemed_at.desc(), _used.id.desc())
        .limit(limit)
    )
    return tuple(
        Redemption(**{name: getattr(row, name) for name in Redemption.__dataclass_fields__})
        for row in session.execute(statement)
    )


def _require_terms(terms: CouponTerms, now: datetime) -> None:
    if not _CODE.fullmatch(terms.code):
        raise InvalidInput("A code is 3 to 40 capital letters, digits, - and _: SPRING-26.", field="code")
    if not terms.label.strip() or len(terms.label) > LONGEST_LABEL:
        raise InvalidInput(f"Name it in up to {LONGEST_LABEL} characters, as it stands on the invoice.", field="label")
    if (terms.percent is None) == (terms.amount is None):
        raise InvalidInput("Give a coupon either a percentage or an amount.", field="percent")
    if terms.percent is not None and not (terms.percent.is_finite() and 0 < terms.percent <= 100):
        raise InvalidInput("A coupon takes off more than 0 and at most 100 percent.", field="percent")
    if terms.amount is not None and not 0 < terms.amount.minor <= LARGEST:
        raise InvalidInput("A coupon takes off an amount above 0.", field="amount")
    if (terms.duration == "repeating") != (terms.months is not None):
        raise InvalidInput("Give the months of a repeating coupon, and of no other.", field="months")
    if terms.months is not None and not 1 <= terms.months <= _MOST_MONTHS:
        raise InvalidInput(f"A coupon repeats for 1 to {_MOST_MONTHS} months.", field="months")
    if terms.redeem_by is not None and terms.redeem_by <= now:
        raise InvalidInput("Let it be redeemed until later than now.", field="redeemBy")
    if terms.max_redemptions is not None and not 1 <= terms.max_redemptions <= _MOST_REDEMPTIONS:
        raise InvalidInput("Let it be redeemed once or more, or as often as anybody asks.", field="maxRedemptions")


def _locked(session: WriteSession, code: str) -> KeptCoupon:
    """Return a coupon once nobody else redeems it: of two who want the last one, the second finds it gone."""
    named = code.strip().upper()
    if session.execute(select(_own.id).where(_own.code == named).with_for_update()).one_or_none() is None:
        raise NotFound(f"There is no coupon “{code.strip()[:40]}”.")
    return _coupon(session.execute(_kept().where(_own.code == named)).one())


def _kept() -> Any:
    used = select(func.count()).where(_used.coupon_id == _own.id).correlate(coupon).scalar_subquery()
    return select(coupon, used.label("redeemed"))


def _coupon(row: Row[Any]) -> KeptCoupon:
    amount = None if row.amount_minor is None else Money(row.amount_minor, row.currency)
    said = {name: getattr(row, name) for name in CouponTerms.__dataclass_fields__ if name not in ("amount", "percent")}
    percent = None if row.percent is None else Decimal(f"{row.percent.normalize():f}")
    terms = CouponTerms(**said, amount=amount, percent=percent)
    return KeptCoupon(row.id, terms, row.redeemed, row.withdrawn_at, row.by, row.created_at)


def _record(
    session: WriteSession,
    actor: Actor,
    action: str,
    coupon_id: UUID,
    now: datetime,
    reason: str | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    audit.record(session, actor, action, ("coupon", str(coupon_id)), now=now, reason=reason, after=after)
