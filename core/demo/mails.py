"""What the demo's vendor has written: to customers near a limit, and Sam's list. All of it is kept, not sent."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select

from core.access.actor import Actor
from core.accounts.digests import send_due, subscribe, subscription
from core.accounts.limit_notices import notice_limits
from core.demo.people import acting
from db.models.licensing import license as licenses
from db.models.organizations import organization
from db.session import WriteSession

# Who is told of their limit; of everybody else's invented history it is only marked that they know.
TOLD: Final = ("Acme GmbH", "Hooli", "Gekko Capital")


def write_mails(session: WriteSession, actor: Actor, *, now: datetime) -> None:
    """Write them once: levels that are marked already are told to nobody, and Sam subscribes no second time."""
    named = select(licenses.c.install_id).join(organization, organization.c.id == licenses.c.organization_id)
    theirs = named.where(organization.c.name.in_(TOLD), organization.c.demo)
    notice_limits(session, installs=list(session.execute(theirs).scalars()), now=now - timedelta(hours=3))
    notice_limits(session, now=now, told=False)
    sam = acting(session, actor, "sales", now=now)
    if subscription(session, sam) is None:
        subscribe(session, sam, "weekly", now=now - timedelta(days=30))
        send_due(session, now=now)
