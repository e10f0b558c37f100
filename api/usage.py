"""Usage and limits over HTTP: what installs report, gauges and history of one, its limits, and those agreed with it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Depends, Query, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.responses import Response

from api.depends import AsOf, CurrentActor, Day, Now, Reading, Stores, StrictRoute, TelemetryReading, Writing
from api.once import Idempotent, Once
from api.problems import problem, request_id_of
from api.schemas.telemetry import IngestReceipt, RefusedEvent
from api.schemas.usage import (
    EndLimit,
    GaugeAnswer,
    HistoryAnswer,
    LimitAnswer,
    LimitsAnswer,
    OverrideAnswer,
    SetLimit,
    UsageAnswer,
    UsageReport,
)
from api.strict_json import LARGEST, TooLarge
from core.access.actor import Actor
from core.access.permissions import Permission
from core.accounts.cards import refresh_card
from core.databases import LOCK_SECONDS, Databases
from core.errors import InvalidInput
from core.licensing.reads import license_by_install
from core.periods import last_instant, midnight
from core.telemetry.door import IngestDoor
from core.telemetry.events import Receipt
from core.usage import histories, reads, writes
from core.usage.limits import Override
from core.usage.meters import METERS
from core.usage.reports import take
from db.session import DOOR, ReadSession, WriteSession

MOST_RECORDS = 1_000

router = APIRouter(prefix="/usage", tags=["Usage"], route_class=StrictRoute)
_bearer = HTTPBearer(auto_error=False, scheme_name="installSecret", description="The install secret, shown at issue.")
InstallId = Annotated[str, Query(alias="installId", min_length=1, max_length=80)]


@router.post(
    "/records",
    response_model=IngestReceipt,
    responses={
        401: {"description": "The install secret is missing or unknown."},
        403: {"description": "The secret is another install's, or the license was revoked."},
        413: {"description": f"More than {MOST_RECORDS:,} records or {LARGEST:,} bytes."},
        503: {"description": "Not stored; send the batch again."},
    },
    summary="Report metered usage",
)
async def report_usage(
    request: Request,
    stores: Stores,
    now: Now,
    body: UsageReport,
    secret: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> IngestReceipt | Response:
    """Take a batch of at most 1,000 records; the answer says what was accepted, known before, or refused and why.

    Accepted is durable, and the same id on the same UTC day counts once, so sending a batch again does no harm. Calls,
    bytes and seconds are what was used since the last report; storage, members and projects what there is now.
    """
    door: IngestDoor = request.app.state.ingest_door
    install = await door.install(secret.credentials) if secret is not None else None
    if install is None:
        return _unknown_secret(request)
    install.admit(body.install_id)
    if len(body.records) > MOST_RECORDS:
        raise TooLarge(f"A batch has at most {MOST_RECORDS:,} records; this one has {len(body.records):,}. Split it.")
    receipt = await to_thread.run_sync(_take, stores, install.install_id, body, now)
    refused = [RefusedEvent.model_validate(refusal) for refusal in receipt.refused]
    return IngestReceipt(accepted=receipt.accepted, duplicate=receipt.duplicate, refused=refused)


@router.get("", summary="Gauges of an install")
def usage(actor: CurrentActor, session: Reading, stores: Stores, as_of: AsOf, install_id: InstallId) -> UsageAnswer:
    """Return every meter: what is used, its limit and share, and the days until the limit is reached."""
    with _telemetry(session, stores, actor, install_id, as_of) as telemetry:
        found = reads.gauges(session, telemetry, actor, install_id, now=as_of)
    return UsageAnswer(install_id=install_id, as_of=as_of, meters=[GaugeAnswer.of(one) for one in found])


@router.get("/history", summary="One meter over time")
def usage_history(
    actor: CurrentActor,
    session: Reading,
    stores: Stores,
    now: Now,
    install_id: InstallId,
    meter: Annotated[str, Query(min_length=1, max_length=80)],
    first: Annotated[Day | None, Query(alias="from")] = None,
    last: Annotated[Day | None, Query(alias="to")] = None,
) -> HistoryAnswer:
    """Return the UTC days `from` … `to` (the last 90), with the limit in force and 30 days ahead.

    A month's meter is told as the total since its month began. Hours go back seven days and minutes one hour from now;
    they take neither `from` nor `to`.
    """
    until, days = _span(meter, first, last, now)
    with _telemetry(session, stores, actor, install_id, now) as telemetry:
        found = histories.history(session, telemetry, actor, install_id, meter, now=until, days=days)
    return HistoryAnswer.of(install_id, found)


@router.get("/limits", summary="Limits in force for an install")
def usage_limits(actor: CurrentActor, session: Reading, as_of: AsOf, install_id: InstallId) -> LimitsAnswer:
    """Return each limit and where it comes from: the tier, the seats sold, or what was agreed with this license."""
    limits = reads.limits_of(session, actor, install_id, now=as_of)
    agreed = reads.overrides(session, actor, now=as_of, install_id=install_id)
    return LimitsAnswer(
        install_id=install_id,
        limits=[LimitAnswer.of(one) for one in limits],
        overrides=[OverrideAnswer.of(one) for one in agreed if one.in_force(as_of)],
    )


@router.post("/limits", status_code=201, summary="Agree on a limit with one license")
def set_limit(
    actor: CurrentActor, session: Writing, telemetry: TelemetryReading, now: Now, once: Idempotent, body: SetLimit
) -> OverrideAnswer:
    """Put a limit of its own in force for one license at once. 409 while another one of the meter is in force."""
    ends_at = None if body.ends_on is None else midnight(body.ends_on) + timedelta(days=1)
    asked = writes.OverrideRequest(body.install_id, body.meter, body.limit, body.reason, ends_at)
    return _done(once, session, telemetry, now, lambda: writes.add_override(session, actor, asked, now=now))


@router.post("/limits/end", summary="End a limit agreed with one license")
def end_limit(
    actor: CurrentActor, session: Writing, telemetry: TelemetryReading, now: Now, once: Idempotent, body: EndLimit
) -> OverrideAnswer:
    """End the license's own limit of a meter; its tier's, or the seats sold, hold again at once."""

    def work() -> Override:
        return writes.end_override(session, actor, body.install_id, body.meter, reason=body.reason, now=now)

    return _done(once, session, telemetry, now, work)


def _done(
    once: Once, session: WriteSession, telemetry: ReadSession, now: datetime, work: Callable[[], Override]
) -> OverrideAnswer:
    def changed() -> OverrideAnswer:
        made = work()
        refresh_card(session, telemetry, made.organization_id, now=now)
        return OverrideAnswer.of(made)

    return once(OverrideAnswer, changed)


@contextmanager
def _telemetry(
    session: ReadSession, stores: Databases, actor: Actor, install_id: str, now: datetime
) -> Iterator[ReadSession]:
    """Open the telemetry plane for one install, once the license has said that the actor may see it."""
    actor.require(Permission.USAGE_READ)
    found = license_by_install(session, actor, install_id, now=now)
    with stores.telemetry.read(replace(actor.tenancy(), installs=(found.install_id,))) as telemetry:
        yield telemetry


def _span(meter: str, first: date | None, last: date | None, now: datetime) -> tuple[datetime, int]:
    """Return the instant at which a history ends, and over how many days it goes."""
    if first is None and last is None:
        return now, histories.DAYS
    if meter in METERS and METERS[meter].window in {"hour", "minute"}:
        raise InvalidInput("Hours and minutes are told up to now; leave from and to away.", field="from")
    until = now if last is None else min(now, last_instant(last))
    days = histories.DAYS if first is None else (until.date() - first).days + 1
    if days < 1:
        raise InvalidInput("Let the history begin before it ends, and not after today.", field="from")
    return until, days


def _take(stores: Databases, install_id: str, body: UsageReport, now: datetime) -> Receipt:
    with stores.telemetry.write(DOOR, lock_seconds=LOCK_SECONDS) as session:
        return take(session, install_id, body.records, now=now)


def _unknown_secret(request: Request) -> Response:
    return problem(
        401,
        "unknown_secret",
        "Send the install secret as “Authorization: Bearer …”. It was shown once, when the license was issued.",
        request_id=request_id_of(request),
        headers={"WWW-Authenticate": "Bearer"},
    )
