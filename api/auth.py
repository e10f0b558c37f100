"""Signing in and out over the API, and who one is: the answers that every other route builds on."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field, StringConstraints

from api.credential import begin, take_cookie, token_for
from api.depends import Answer, CurrentActor, Now, Reading, Stores, Strict, StrictRoute, Writing
from api.problems import problem, request_id_of
from core.access import sessions
from core.access.actor import ActorKind, Realm
from core.access.directory import person_by_id
from core.access.passwords import LONGEST
from core.access.permissions import Permission
from core.access.proof import SignInRefused
from core.config import Settings
from core.databases import LOCK_SECONDS
from core.errors import InvalidInput, LimitReached
from core.organizations.reads import organization_by_id
from db.session import DOOR

router = APIRouter(prefix="/auth", tags=["Signing in"], route_class=StrictRoute)

# A password is taken as it was typed, spaces at its ends included.
Password = Annotated[str, StringConstraints(strip_whitespace=False, min_length=1, max_length=LONGEST)]


class Credentials(Strict):
    """Who signs in."""

    email: Annotated[str, StringConstraints(min_length=3, max_length=254)]
    password: Password


class Token(BaseModel):
    """The session's credential; its names are OAuth's (RFC 6749, 5.1), `expires_in` is in seconds."""

    access_token: str
    token_type: str = "bearer"  # noqa: S105 - the kind of token, not one
    expires_in: int


class Whose(Strict):
    """Whose sessions end; nobody named means one's own."""

    person_id: UUID | None = Field(None, strict=False)


class Ended(Answer):
    """How many sessions ended."""

    ended: int


class OwnOrganization(Answer):
    """The organization one acts for."""

    id: UUID
    name: str


class Me(Answer):
    """Who the credential belongs to, and what they may do."""

    id: str
    email: str
    name: str
    role: str
    realm: Realm
    organization: OwnOrganization
    permissions: list[Permission]


@router.post(
    "/token",
    summary="Sign in",
    response_model=Token,
    responses={401: {"description": "Not signed in"}, 429: {"description": "Locked"}},
)
def token(body: Credentials, request: Request, response: Response, databases: Stores, now: Now) -> Any:
    """Exchange e-mail and password for a bearer token.

    After five wrong passwords in a row the person is locked out, for a minute at first: 429 with `Retry-After`.
    """
    current: Settings = request.app.state.settings
    with databases.control.write(DOOR, lock_seconds=LOCK_SECONDS) as session:
        result = begin(session, request, current, body.email, body.password, now=now)
    # Past the commit: a refusal has to be counted before it is told.
    if isinstance(result, SignInRefused):
        return _refused(result, request)
    response.headers["Cache-Control"] = "no-store"
    seconds = int((result.expires_at - now).total_seconds())
    return Token(access_token=token_for(result, current, now=now), expires_in=seconds)


@router.post("/sign-out", summary="Sign out", status_code=204)
def sign_out(actor: CurrentActor, session: Writing, request: Request, response: Response, now: Now) -> None:
    """End the session that this request came with."""
    sessions.sign_out(session, actor, now=now)
    take_cookie(response, request)


@router.post("/sign-out-everywhere", summary="Sign out everywhere")
def sign_out_everywhere(actor: CurrentActor, session: Writing, now: Now, body: Whose | None = None) -> Ended:
    """End every session of oneself, this one included, or of somebody whom one may remove."""
    whose = body.person_id if body else None
    if whose is None:
        if actor.kind is not ActorKind.USER:
            raise InvalidInput("Say whose sessions to end: this credential is not a person's.", field="personId")
        whose = UUID(actor.id)
    return Ended(ended=sessions.sign_out_everywhere(session, actor, whose, now=now))


@router.get("/me", summary="Who am I")
def me(actor: CurrentActor, session: Reading, now: Now) -> Me:
    """Return who the credential belongs to, with their role and permissions of this moment."""
    person = person_by_id(session, actor, UUID(actor.id), now=now) if actor.kind is ActorKind.USER else None
    organization = organization_by_id(session, actor, actor.organization_id)
    return Me(
        id=actor.id,
        email=person.email if person else "",
        name=person.name if person else actor.label,
        role=actor.role,
        realm=actor.realm,
        organization=OwnOrganization(id=organization.id, name=organization.name),
        permissions=[permission for permission in Permission if actor.may(permission)],
    )


def _refused(refused: SignInRefused, request: Request) -> Response:
    if refused.retry_after is not None:
        raise LimitReached(refused.message, retry_after=refused.retry_after, code=refused.code)
    headers = {"WWW-Authenticate": "Bearer", "Cache-Control": "no-store"}
    return problem(401, refused.code, refused.message, request_id=request_id_of(request), headers=headers)
