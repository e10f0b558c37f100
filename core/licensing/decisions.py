"""The decision log as it is read: what was answered when, and the same decision made again from what was known."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from core.access.actor import Actor
from core.licensing.reads import license_by_install
from core.licensing.verdicts import (
    LicenseState,
    Question,
    Verdict,
    question_from_json,
    state_from_json,
)
from core.licensing.verification import decide
from db.models.licensing import decision
from db.session import ReadSession

MOST = 200


@dataclass(frozen=True)
class Decision:
    """One answer, given first `at` and `times` in all until `last_at`, with all it was decided from."""

    id: int
    at: datetime
    last_at: datetime
    times: int
    valid: bool
    code: str
    state_version: int
    question: Question
    state: LicenseState


@dataclass(frozen=True)
class Replay:
    """A decision made again: its verdict today, and whether that is what was answered then."""

    verdict: Verdict
    agrees: bool


def decisions(
    session: ReadSession,
    actor: Actor,
    install_id: str,
    *,
    now: datetime,
    since: datetime | None = None,
    until: datetime | None = None,
    before_id: int | None = None,
    limit: int = 50,
) -> tuple[Decision, ...]:
    """Return a license's decisions, newest first; those given at some time from `since` to before `until`.

    `before_id` reads on after the last one of a page. Raises NotFound where the license is another customer's.
    """
    found = license_by_install(session, actor, install_id, now=now)
    statement = select(decision).where(decision.c.license_id == found.id)
    if since is not None:
        statement = statement.where(decision.c.last_at >= since)
    if until is not None:
        statement = statement.where(decision.c.at < until)
    if before_id is not None:
        statement = statement.where(decision.c.id < before_id)
    newest = statement.order_by(decision.c.id.desc()).limit(max(1, min(limit, MOST)))
    return tuple(_decision(row) for row in session.execute(newest))


def replay(kept: Decision) -> Replay:
    """Decide again from the question and the state that were kept, as of then, by today's checks."""
    verdict = decide(kept.state, kept.question, kept.at)
    return Replay(verdict, (verdict.valid, verdict.code.value) == (kept.valid, kept.code))


def _decision(row: Any) -> Decision:
    return Decision(
        row.id,
        row.at,
        row.last_at,
        row.repeats + 1,
        row.valid,
        row.code,
        row.state_version,
        question_from_json(row.question),
        state_from_json(row.state),
    )
