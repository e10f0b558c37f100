"""What people do to licenses over HTTP: policy, renewal, conversion, transfer, installations, secrets, seats, many."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path

from api.depends import CurrentActor, Now, Reading, StrictRoute, TelemetryReading, Writing
from api.once import Idempotent
from api.schemas.enterprise import ChangedLicense
from api.schemas.license_acts import (
    BulkAnswer,
    BulkOutcome,
    BulkRequest,
    ChangePolicy,
    ConvertLicense,
    LeaseRow,
    ReleaseSeat,
    RenewLicense,
    RetireInstallation,
    RotatedSecret,
    SeatsAnswer,
    TransferLicense,
    TransferredLicense,
)
from api.schemas.licenses import InstallationRow, LicenseDetail, LicenseWithInstallations, Reason
from core.access.actor import Actor
from core.accounts.bulk import bulk
from core.accounts.cards import refresh_card
from core.accounts.transfers import transfer_license
from core.accounts.writes import convert_license
from core.licensing import handover, reads, seats, writes
from db.session import ReadSession

router = APIRouter(prefix="/licenses", tags=["Licenses"], route_class=StrictRoute)
InstallId = Annotated[str, Path(alias="installId", max_length=80)]


@router.post("/bulk", summary="Do one thing to many licenses")
def many(actor: CurrentActor, session: Writing, now: Now, once: Idempotent, body: BulkRequest) -> BulkAnswer:
    """Suspend, resume, revoke, reinstate or renew up to 500 licenses; one that is refused keeps no other from it."""

    def work() -> BulkAnswer:
        results = bulk(
            session,
            actor,
            body.act,
            body.install_ids,
            reason=body.reason,
            now=now,
            days=body.days,
            strategy=body.strategy,
        )
        told = [BulkOutcome.model_validate(one) for one in results]
        return BulkAnswer(done=sum(one.done for one in told), results=told)

    return once(BulkAnswer, work)


@router.patch("/{installId}/policy", summary="Change a license's policy")
def change_policy(
    actor: CurrentActor, session: Writing, now: Now, once: Idempotent, install_id: InstallId, body: ChangePolicy
) -> LicenseDetail:
    """Replace the rules that are given. 409 where it is revoked or nothing would change."""

    def work() -> LicenseDetail:
        changed = writes.update_policy(session, actor, install_id, body.changes(), reason=body.reason, now=now)
        return LicenseDetail.model_validate(changed)

    return once(LicenseDetail, work)


@router.post("/{installId}/renew", summary="Renew a license")
def renew(
    actor: CurrentActor, session: Writing, now: Now, once: Idempotent, install_id: InstallId, body: RenewLicense
) -> LicenseDetail:
    """Move a license's end, never closer. 409 where it has none or is revoked, or the new end would be over already."""

    def work() -> LicenseDetail:
        if body.until is not None:
            held = writes.renew(session, actor, install_id, until=body.until, reason=body.reason, now=now)
        else:
            held = writes.extend(
                session,
                actor,
                install_id,
                days=body.days,
                strategy=body.strategy,
                reason=body.reason,
                now=now,
            )
        return LicenseDetail.model_validate(held)

    return once(LicenseDetail, work)


@router.post("/{installId}/convert", summary="Convert a trial")
def convert(
    actor: CurrentActor,
    session: Writing,
    telemetry: TelemetryReading,
    now: Now,
    once: Idempotent,
    install_id: InstallId,
    body: ConvertLicense,
) -> ChangedLicense:
    """Turn a trial into the paid license of its tier, at list price and without an end. 409 for what is no trial."""

    def work() -> ChangedLicense:
        changed = convert_license(session, actor, install_id, body.billing_period, now=now, reason=body.reason)
        refresh_card(session, telemetry, changed.organization_id, now=now)
        return ChangedLicense.of(changed)

    return once(ChangedLicense, work)


@router.post("/{installId}/transfer", summary="Give a license to another customer")
def transfer(
    actor: CurrentActor,
    session: Writing,
    telemetry: TelemetryReading,
    now: Now,
    once: Idempotent,
    install_id: InstallId,
    body: TransferLicense,
) -> TransferredLicense:
    """Hand a license over with its price, installations, decisions and telemetry. 409 where it is revoked or theirs."""

    def work() -> TransferredLicense:
        done = transfer_license(
            session,
            actor,
            install_id,
            body.user_id,
            expiry=body.expiry,
            new_secret=body.new_secret,
            reason=body.reason,
            now=now,
        )
        for organization_id in sorted((done.from_organization_id, done.organization_id)):
            refresh_card(session, telemetry, organization_id, now=now)
        return TransferredLicense.of(done)

    return once(TransferredLicense, work)


@router.post("/{installId}/installations/retire", summary="Retire an installation")
def retire(
    actor: CurrentActor, session: Writing, now: Now, once: Idempotent, install_id: InstallId, body: RetireInstallation
) -> LicenseWithInstallations:
    """Take an installation off a license, which frees its place and its seats. 404 where there is none such."""

    def work() -> LicenseWithInstallations:
        held = handover.retire_installation(session, actor, install_id, body.fingerprint, reason=body.reason, now=now)
        left = reads.installations(session, actor, install_id, now=now)
        return LicenseWithInstallations(
            license=LicenseDetail.model_validate(held),
            installations=[InstallationRow.model_validate(one) for one in left],
        )

    return once(LicenseWithInstallations, work)


@router.post("/{installId}/rotate-secret", summary="Replace the install secret")
def rotate_secret(
    actor: CurrentActor, session: Writing, now: Now, once: Idempotent, install_id: InstallId, body: Reason
) -> RotatedSecret:
    """Make a new install secret and answer it, this once; the old one proves nothing from now on."""

    def work() -> RotatedSecret:
        made = handover.rotate_secret(session, actor, install_id, reason=body.reason, now=now)
        return RotatedSecret(install_id=install_id, install_secret=made)

    return once(RotatedSecret, work)


@router.get("/{installId}/seats", summary="Who sits on a license's seats")
def list_seats(actor: CurrentActor, session: Reading, now: Now, install_id: InstallId) -> SeatsAnswer:
    """Return the seats in use, the longest held first."""
    return _seats(session, actor, install_id, now)


@router.post("/{installId}/seats/release", summary="Take a seat back")
def release_seat(
    actor: CurrentActor, session: Writing, now: Now, once: Idempotent, install_id: InstallId, body: ReleaseSeat
) -> SeatsAnswer:
    """End somebody's lease; their next heartbeat takes a seat anew, if one is free. 404 where nobody sits there."""

    def work() -> SeatsAnswer:
        seats.release_seat(session, actor, install_id, body.holder, reason=body.reason, now=now)
        return _seats(session, actor, install_id, now)

    return once(SeatsAnswer, work)


def _seats(session: ReadSession, actor: Actor, install_id: str, now: datetime) -> SeatsAnswer:
    found = seats.seats(session, actor, install_id, now=now)
    return SeatsAnswer(
        install_id=install_id,
        seats_in_use=len(found.leases),
        max_seats=found.max_seats,
        overage=found.overage,
        lease_seconds=found.lease_seconds,
        leases=[LeaseRow.model_validate(one) for one in found.leases],
    )
