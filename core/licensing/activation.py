"""Activation and first verification: a decision made with the license locked, committed before it is answered."""

from collections.abc import Generator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from psycopg import AsyncConnection

from core.licensing import statements
from core.licensing.verdicts import LicenseState, Question, Verdict
from core.licensing.verification import decide
from db.session import WriteSession


def activates(state: LicenseState, question: Question, verdict: Verdict) -> bool:
    """Whether the verdict would make an installation, or be the first; without the secret nothing is ever changed."""
    if not (question.authenticated and verdict.valid):
        return False
    return not state.activated or state.first_verified_at is None


def state_of(known: Sequence[Any], counted: Sequence[Any]) -> LicenseState:
    """Return the state: `known` are the columns of statements' `_STATE`, `counted` what its last three fields tell."""
    columns = [*known[:13], tuple(known[13]), *known[14:18], tuple(known[18]), *known[19:], *counted]
    return LicenseState(*columns)


# A statement with its parameters goes out; its first row, or None, comes back in.
Steps = Generator[tuple[str, list[Any]], Sequence[Any] | None, tuple[LicenseState, Verdict] | None]


async def activate(
    connection: AsyncConnection[Any], question: Question, now: datetime
) -> tuple[LicenseState, Verdict] | None:
    """Decide with the license locked and commit what follows; return what was known before, and the verdict.

    A valid verdict activates the installation, if it is new. None: the license has meanwhile been deleted.
    """
    steps, row = _steps(question, now), None
    async with connection.transaction():
        while True:
            try:
                statement, parameters = steps.send(row)
            except StopIteration as done:
                return cast("tuple[LicenseState, Verdict] | None", done.value)
            cursor = await connection.execute(statement, parameters)
            row = await cursor.fetchone() if cursor.description else None


def activate_within(session: WriteSession, question: Question, now: datetime) -> tuple[LicenseState, Verdict] | None:
    """Do the same within a session's transaction, which keeps the license locked until it ends."""
    steps, row = _steps(question, now), None
    while True:
        try:
            statement, parameters = steps.send(row)
        except StopIteration as done:
            return cast("tuple[LicenseState, Verdict] | None", done.value)
        cursor = session.connection.exec_driver_sql(statement, tuple(parameters))
        row = cursor.fetchone() if cursor.returns_rows else None


def _steps(question: Question, now: datetime) -> Steps:
    fingerprint = question.installation
    row = yield statements.LOCK_STATE, [question.install_id]
    if row is None:
        return None
    installs, activated, leases = (yield statements.COUNT_INSTALLATIONS, [fingerprint, now, row[0]]) or (0, False, None)
    state = state_of(row, (installs, activated, leases))
    verdict = decide(state, question, now)
    if verdict.valid or activated:
        seen = [state.license_id, fingerprint, state.organization_id, question.domain, question.version, now, now]
        yield statements.ACTIVATE, seen
    yield statements.CHECK_IN, [now, now if verdict.valid else None, state.license_id]
    if verdict.valid and state.first_verified_at is None:
        yield statements.ANNOUNCE_FIRST, [state.install_id, state.tier, now, state.organization_id]
        yield statements.MARK_CARD, [state.organization_id, now]
    # As a group read tells it: a count that decided nothing is not kept.
    unneeded = activated or state.max_installs is None
    return (replace(state, installs=None) if unneeded else state), verdict
