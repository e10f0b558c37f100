"""The security score over HTTP: now, its past, a verification of every chain, and signing a review."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from api.depends import CurrentActor, Now, Reading, StrictRoute, Writing
from api.schemas.security import (
    CategoryAnswer,
    CheckAnswer,
    DayAnswer,
    GateAnswer,
    HistoryAnswer,
    PointAnswer,
    ReviewAnswer,
    ReviewRequest,
    ScoreAnswer,
    VerificationAnswer,
)
from core.config import Settings
from core.security import reads, writes
from core.security.scoring import TARGET, to_gain, within_reach

HISTORY = "/api/security/score/history"

router = APIRouter(prefix="/security", tags=["Security"], route_class=StrictRoute)


def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


@router.get("/score", summary="The security score")
def score(request: Request, actor: CurrentActor, session: Reading, now: Now) -> ScoreAnswer:
    """Return 0 to 100 from what is observed right now, with every check, its evidence and what would raise it."""
    found = reads.score(session, actor, now=now, settings=_settings(request))
    return ScoreAnswer(
        at=found.at,
        score=found.score,
        uncapped=found.uncapped,
        target=TARGET,
        within_reach=within_reach(found),
        cap=found.cap,
        gates=[GateAnswer.model_validate(gate) for gate in found.gates],
        points_to_gain=[PointAnswer.model_validate(point) for point in to_gain(found)],
        categories=[CategoryAnswer.model_validate(one) for one in found.categories],
        checks=[CheckAnswer.model_validate(one) for one in found.checks],
        history=HISTORY,
    )


@router.get("/score/history", summary="The score's past")
def history(
    actor: CurrentActor,
    session: Reading,
    now: Now,
    days: Annotated[int, Query(ge=1, le=reads.LONGEST_DAYS)] = 90,
) -> HistoryAnswer:
    """Return the score of each day on record, oldest first, with the exact causes of each change."""
    told = reads.score_history(session, actor, now=now, since_days=days)
    return HistoryAnswer(target=TARGET, days=[DayAnswer.model_validate(day) for day in told])


@router.post("/reviews", summary="Sign a review of security")
def sign_review(
    request: Request, actor: CurrentActor, session: Writing, now: Now, asked: ReviewRequest
) -> ReviewAnswer:
    """Put one's name to having looked: what was unusual until now counts as looked at, for a month."""
    writes.sign_review(session, actor, asked.note, now=now, settings=_settings(request))
    return ReviewAnswer(signed_at=now, signed_by=actor.label)


@router.post("/audit-logs/verify", summary="Verify every audit chain")
def verify_everything(request: Request, actor: CurrentActor, session: Writing, now: Now) -> VerificationAnswer:
    """Verify the chain of every organization from its first entry, and put the result on record."""
    report = writes.verify_chains(session, actor, now=now, settings=_settings(request))
    return VerificationAnswer(
        at=now,
        intact=report.intact,
        organizations=report.organizations,
        entries=report.entries,
        checkpoints=report.checkpoints,
        unsealed=report.unsealed,
        breaks=[chain.broken.sentence for chain in report.broken if chain.broken is not None],
    )
