"""The mail of a limit that is nearly used up: to whom it goes, and what it says."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

from sqlalchemy import Row, select

from core.access.actor import Actor
from core.access.people import checked_email
from core.access.permissions import Role
from core.config import settings
from core.culture.said import metered
from core.errors import InvalidInput
from core.licensing.reads import tiers
from core.notify.writes import send_mail
from core.organizations.mail_brand import mail_brand
from core.usage.meters import METERS
from db.models.access import person
from db.models.culture import upsell
from db.session import ReadSession, WriteSession

SUBJECT: Final = "Usage Approaching Limit"
TEMPLATE: Final = "limit"
# What the seed's sentence calls them: "You've used 95% of your daily API call limit".
FEATURES: Final[Mapping[str, str]] = {
    "api_calls_day": "daily API call",
    "storage_bytes": "storage",
    "bandwidth_bytes_month": "monthly bandwidth",
    "compute_seconds_month": "monthly compute time",
    "members": "team member",
    "projects": "project",
}
_SOON_DAYS: Final = 60
_GROWN: Final = 0.1


def write_mails(session: WriteSession, actor: Actor, row: Row[Any], notice_id: UUID, *, now: datetime) -> int:
    """Write the mails of one crossing, and return how many: to the customer's people, and a copy to the owner.

    `row` is a standing with its license and customer. The customer's owners, admins and contact get it; whoever looks
    after the customer gets a copy while an upsell of HIGH priority is open there.
    """
    brand = mail_brand(session, actor, row.organization_id)
    values = {**contents(session, row), "brand": brand}
    written = 0
    for address in _theirs(session, row):
        words = {**values, "copy": None, "reason": _reason(row), "button": _ask(brand.support_email, values, row)}
        once = f"limit:{notice_id}:{address}"
        written += _send(session, row.organization_id, address, words, once, now)
    owner = _owner(session, row)
    if owner is not None:
        words = {
            **values,
            "brand": mail_brand(session, actor, actor.organization_id),
            "copy": f"A copy of what {row.organization} was sent, since an upsell of high priority is open there.",
            "reason": f"You get this because you look after {row.organization}.",
            "button": {
                "label": f"Open {row.organization}",
                "href": f"{settings().origin}/customer?install_id={quote(row.install_id)}",
            },
        }
        written += _send(session, actor.organization_id, owner, words, f"limit:{notice_id}:owner", now)
    return written


def contents(session: ReadSession, row: Row[Any]) -> dict[str, Any]:
    """Return what the template shows of a standing."""
    percent = percent_used(row.used)
    tier = next((tier.label for tier in tiers(session) if tier.id == row.tier_id), row.tier_id)
    facts = [("Limit", _said(row.meter, row.highest)), ("Plan", tier), ("License", row.install_id)]
    if row.change is not None and abs(row.change) >= _GROWN:
        facts.insert(1, ("Against the four weeks before", f"{float(row.change) * 100:+.0f}%".replace("-", "−")))
    return {
        "percent": percent,
        "feature": FEATURES[row.meter],
        "used": _used(row),
        "forecast": _forecast(row),
        "facts": facts,
        "advice": "Reply to this mail if you need more room, and we find what fits your use."
        if percent < 100
        else "Reply to this mail, and we find what fits your use; your agreement says what happens beyond the limit.",
    }


def percent_used(share: Any) -> int:
    """Return the part of a limit that is used in whole percent, rounded down: 100 is said of the limit itself only."""
    return int(float(share) * 100 + 1e-9)


def _send(
    session: WriteSession, organization_id: UUID, to: str, values: Mapping[str, Any], once: str, now: datetime
) -> int:
    try:
        made = send_mail(
            session, organization_id, to=to, subject=SUBJECT, template=TEMPLATE, values=values, now=now, once=once
        )
    except InvalidInput:
        # An imported contact may be no address at all; the others still hear of it.
        return 0
    return int(made is not None)


def _theirs(session: ReadSession, row: Row[Any]) -> tuple[str, ...]:
    """Return the addresses of the customer's owners, admins and contact, each once."""
    leading = select(person.c.email).where(
        person.c.organization_id == row.organization_id,
        person.c.role.in_([Role.OWNER.value, Role.ADMIN.value]),
        person.c.disabled_at.is_(None),
    )
    found = [*session.execute(leading.order_by(person.c.email)).scalars(), row.contact_email]
    return tuple(dict.fromkeys(address.strip().lower() for address in found if address))


def _owner(session: ReadSession, row: Row[Any]) -> str | None:
    if not row.owner_email:
        return None
    high = select(upsell.c.id).where(
        upsell.c.install_id == row.install_id, upsell.c.state == "open", upsell.c.priority == "HIGH"
    )
    if session.execute(high.limit(1)).first() is None:
        return None
    try:
        return checked_email(row.owner_email)
    except InvalidInput:
        return None


def _used(row: Row[Any]) -> str:
    """Say how much of how much, in the window that it is counted in."""
    window, highest = METERS[row.meter].window, _said(row.meter, row.highest)
    running = (row.current or 0) / row.highest if row.highest else 1.0
    if window == "day" and running + 1e-9 < float(row.used):
        return f"On a busy day you use {_said(row.meter, row.busy)} of {highest}."
    when = {"day": "today so far", "month": "this month so far"}.get(window, "now")
    return f"That is {_said(row.meter, row.current or 0)} of {highest}, {when}."


def _forecast(row: Row[Any]) -> str | None:
    days = row.days_p50
    if days is None or days > _SOON_DAYS or float(row.used) >= 1:
        return None
    spread = "" if row.days_p10 == row.days_p90 else f" ({row.days_p10} to {row.days_p90 or 'over 180'})"
    when = "today" if days <= 0 else "in a day" if days == 1 else f"in {days} days"
    return f"As things go, the limit is reached {when}{spread if days > 1 else ''}."


def _said(meter: str, amount: int) -> str:
    unit = METERS[meter].unit
    if unit == "seconds":
        return f"{amount / 3600:,.0f} hours"
    return metered(amount, unit) if unit == "bytes" else f"{amount:,} {unit}"


def _reason(row: Row[Any]) -> str:
    return f"You get this because you look after {row.organization}'s license. It comes once at 80, 90 and 100%."


def _ask(address: str, values: Mapping[str, Any], row: Row[Any]) -> dict[str, str]:
    about = quote(f"More room: {values['feature']} limit of {row.organization}")
    return {"label": "Ask for more room", "href": f"mailto:{address}?subject={about}"}
