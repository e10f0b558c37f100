"""Who goes first where several act on the invoices of one customer."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import text

from db.session import WriteSession

# The sort stands below the locks, so that two who want the same customers ask for them in the same order.
_LOCK = text("""
SELECT pg_advisory_xact_lock(place)
FROM (SELECT hashtextextended('invoices ' || id, 0) AS place FROM unnest(CAST(:ids AS text[])) AS one (id) ORDER BY 1) s
""")


_RUNS = text("SELECT pg_advisory_xact_lock(hashtextextended('invoice runs', 0))")


def lock_runs(session: WriteSession) -> None:
    """Wait for, and hold until the commit, the right to begin a run: of two of one month the second sees the first."""
    session.execute(_RUNS)


def lock_customers(session: WriteSession, organization_ids: Collection[UUID]) -> None:
    """Wait for, and hold until the commit, the right to change invoices, payments and credit of customers.

    Taken once a transaction and before any number is, so that nobody waits for somebody who waits for them.
    """
    session.execute(_LOCK, {"ids": sorted({str(one) for one in organization_ids})})
