"""Licenses over HTTP: verified by installs, listed and changed by people, and the keys that signed the answers."""

from typing import Annotated, get_args

from fastapi import APIRouter, Path, Query
from pydantic import AwareDatetime
from pydantic.alias_generators import to_camel
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from api import verify
from api.depends import CurrentActor, Now, Reading, StrictRoute, Writing
from api.once import Idempotent
from api.schemas.licenses import (
    DecisionPage,
    DecisionReplay,
    DecisionRow,
    InstallationRow,
    LicenseDetail,
    LicensePage,
    LicenseRow,
    LicenseWithInstallations,
    Reason,
)
from core import clock, signing
from core.accounts.writes import reinstate_license
from core.config import settings
from core.licensing import reads, writes
from core.licensing.decisions import Decision, decisions, replay
from core.licensing.reads import License
from core.licensing.status import Status
from core.licensing.verdicts import as_json

router = APIRouter(prefix="/licenses", tags=["Licenses"], route_class=StrictRoute)
router.add_api_route(
    "/verify", verify.verify, methods=["POST"], route_class_override=verify.InstallDoor, **verify.DESCRIPTION
)

InstallId = Annotated[str, Path(alias="installId", max_length=80)]
Limit = Annotated[int, Query(ge=1, le=200)]
Instant = Annotated[AwareDatetime | None, Query()]


@router.get("", summary="List licenses")
def list_licenses(
    actor: CurrentActor,
    session: Reading,
    now: Now,
    status: Annotated[Status | None, Query()] = None,
    tier: Annotated[str | None, Query(max_length=40)] = None,
    query: Annotated[str, Query(max_length=200)] = "",
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Limit = 50,
) -> LicensePage:
    """Return the licenses one may see, newest first.

    `query` finds install ids, customers' names, domains and fingerprints; `cursor` is the `nextCursor` of the page
    before.
    """
    page = reads.search(session, actor, now=now, status=status, tier_id=tier, text=query, cursor=cursor, limit=limit)
    return LicensePage(licenses=[LicenseRow.model_validate(item) for item in page.items], next_cursor=page.next_cursor)


@router.get("/{installId}", summary="One license")
def one_license(actor: CurrentActor, session: Reading, now: Now, install_id: InstallId) -> LicenseWithInstallations:
    """Return a license with its policy and its installations."""
    found = reads.license_by_install(session, actor, install_id, now=now)
    return LicenseWithInstallations(
        license=LicenseDetail.model_validate(found),
        installations=[
            InstallationRow.model_validate(one) for one in reads.installations(session, actor, install_id, now=now)
        ],
    )


@router.get("/{installId}/decisions", summary="Why it was answered so")
def license_decisions(
    actor: CurrentActor,
    session: Reading,
    now: Now,
    install_id: InstallId,
    since: Instant = None,
    until: Instant = None,
    cursor: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
    limit: Limit = 50,
) -> DecisionPage:
    """Return the answers given at some time from `since` to before `until`, newest first, each decided again."""
    found = decisions(session, actor, install_id, now=now, since=since, until=until, before_id=cursor, limit=limit)
    more = str(found[-1].id) if len(found) == limit else None
    return DecisionPage(decisions=[_decision(one) for one in found], next_cursor=more)


@router.post("/{installId}/suspend", summary="Suspend a license")
def suspend(
    actor: CurrentActor, session: Writing, now: Now, once: Idempotent, install_id: InstallId, body: Reason
) -> LicenseDetail:
    """Stop a license for now. 409 where it is not in force."""
    return once(LicenseDetail, lambda: _detail(writes.suspend(session, actor, install_id, reason=body.reason, now=now)))


@router.post("/{installId}/resume", summary="Resume a license")
def resume(
    actor: CurrentActor, session: Writing, now: Now, once: Idempotent, install_id: InstallId, body: Reason
) -> LicenseDetail:
    """Let a suspended license run again. 409 where it is not suspended."""
    return once(LicenseDetail, lambda: _detail(writes.resume(session, actor, install_id, reason=body.reason, now=now)))


@router.post("/{installId}/reinstate", summary="Reinstate a license")
def reinstate(
    actor: CurrentActor, session: Writing, now: Now, once: Idempotent, install_id: InstallId, body: Reason
) -> LicenseDetail:
    """Undo a revocation; a paid license is charged again as agreed before. 409 where it is not revoked."""

    def work() -> LicenseDetail:
        reinstate_license(session, actor, install_id, reason=body.reason, now=now)
        return _detail(reads.license_by_install(session, actor, install_id, now=now))

    return once(LicenseDetail, work)


def _detail(changed: License) -> LicenseDetail:
    return LicenseDetail.model_validate(changed)


def _decision(kept: Decision) -> DecisionRow:
    again = replay(kept)
    return DecisionRow(
        id=kept.id,
        at=kept.at,
        last_at=kept.last_at,
        times=kept.times,
        valid=kept.valid,
        code=kept.code,
        state_version=kept.state_version,
        asked={to_camel(name): value for name, value in as_json(kept.question).items()},
        known={to_camel(name): value for name, value in as_json(kept.state).items()},
        replay=DecisionReplay(
            valid=again.verdict.valid, code=again.verdict.code, detail=again.verdict.detail, agrees=again.agrees
        ),
    )


def _keys(_request: Request) -> JSONResponse:
    """Return the public keys of every answer and license file that a client may still hold."""
    rings = [signing.open_ring(settings().home, use, now=clock.now()) for use in get_args(signing.Use)]
    return JSONResponse(
        signing.key_set(rings), media_type="application/jwk-set+json", headers={"Cache-Control": "public, max-age=300"}
    )


keys_route = Route("/.well-known/calos-keys.json", _keys)
