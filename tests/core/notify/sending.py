"""A destination on this machine, and something to send to it."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select

from core.notify.deliveries import deliveries, tell
from core.notify.delivering import try_to_deliver
from core.notify.destination_writes import add_destination
from db.models.notify import delivery
from db.session import ReadSession, WriteSession
from tests.cast import Cast

DATA = {
    "organization": "Acme <GmbH> & Söhne",
    "installId": "inst-acme",
    "sentence": "At 95% of <!channel>.",
    "url": "https://calos.test/customer?install_id=inst-acme",
    "details": [["priority", "High"]],
}


def no_facts(session: ReadSession, event: str, subject: str, organization_id: UUID) -> None:
    """Know nothing of any customer."""


def added(session: WriteSession, cast: Cast, url: str, now: datetime, **changed: Any) -> tuple[UUID, str]:
    """Add a destination; return its id and its signing secret, if it has one."""
    given: dict[str, Any] = {"kind": "webhook", "name": "Data lake", "events": ["upsell.found", "license.revoked"]}
    made, secret = add_destination(session, cast.adam, url=url, now=now, **{**given, **changed})
    return made, secret or ""


def happened(session: WriteSession, cast: Cast, now: datetime, event: str = "upsell.found", **changed: Any) -> int:
    """Let something happen; return how many destinations are told."""
    given: dict[str, Any] = {"key": str(uuid4()), "subject": str(uuid4()), "data": DATA, "at": now}
    return tell(session, cast.globex, event=event, now=now, **{**given, **changed})


def waiting(session: ReadSession) -> list[UUID]:
    """Return the deliveries that wait."""
    return list(session.execute(select(delivery.c.id).where(delivery.c.state == "waiting")).scalars())


def deliver(session: WriteSession, now: datetime, facts: Any = no_facts) -> list[str | None]:
    """Try whatever waits, and return what came of each."""
    return [try_to_deliver(session, one, now=now, facts=facts) for one in waiting(session)]


def log(session: ReadSession, cast: Cast, destination_id: UUID) -> Any:
    """Return the newest delivery of a destination."""
    return deliveries(session, cast.adam, destination_id)[0]
