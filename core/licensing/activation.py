"""Activation and first verification: a decision made with the license locked, committed before it is answered."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection

from core.licensing import statements
from core.licensing.verdicts import LicenseState, Question, Verdict
from core.licensing.verification import decide


def activates(state: LicenseState, question: Question, verdict: Verdict) -> bool:
    """Whether the verdict would make an installation, or be the first; without the secret nothing is ever changed."""
    if not (question.authenticated and verdict.valid):
        return False
    return not state.activated or state.first_verified_at is None


def state_of(row: Sequence[Any], *, installs: int | None, activated: bool) -> LicenseState:
    """Return the state that the first columns of a row (statements' `_STATE`) tell of."""
    columns = [*row[:13], tuple(row[13]), *row[14:18], tuple(row[18]), *row[19:23], installs, activated]
    return LicenseState(*columns)


async def activate(
    connection: AsyncConnection[Any], question: Question, now: datetime
) -> tuple[LicenseState, Verdict] | None:
    """Decide with the license locked and commit what follows; return what was known before, and the verdict.

    A valid verdict activates the installation, if it is new. None: the license has meanwhile been deleted.
    """
    fingerprint = question.installation
    async with connection.transaction():
        row = await (await connection.execute(statements.LOCK_STATE, [question.install_id])).fetchone()
        if row is None:
            return None
        counted = await connection.execute(statements.COUNT_INSTALLATIONS, [fingerprint, row[0]])
        installs, activated = await counted.fetchone() or (0, False)
        state = state_of(row, installs=installs, activated=activated)
        verdict = decide(state, question, now)
        if verdict.valid or activated:
            seen = [state.license_id, fingerprint, state.organization_id, question.domain, question.version, now, now]
            await connection.execute(statements.ACTIVATE, seen)
        await connection.execute(statements.CHECK_IN, [now, now if verdict.valid else None, state.license_id])
        if verdict.valid and state.first_verified_at is None:
            news = [state.install_id, state.tier, now, state.organization_id]
            await connection.execute(statements.ANNOUNCE_FIRST, news)
            await connection.execute(statements.MARK_CARD, [state.organization_id, now])
    # As a group read tells it: a count that decided nothing is not kept.
    unneeded = activated or state.max_installs is None
    return (replace(state, installs=None) if unneeded else state), verdict
