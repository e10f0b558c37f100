"""Stripe against our books over HTTP: every difference by name; as a file, the export `reconciliation`."""

from fastapi import APIRouter

from api.depends import CurrentActor, Now, Reading, StrictRoute
from api.schemas.reconciliation import ReconciliationAnswer
from core.finance.reconciliation import reconcile

router = APIRouter(prefix="/financial", tags=["Finance"], route_class=StrictRoute)


@router.get("/reconciliation", summary="Stripe against the books")
def reconciliation(actor: CurrentActor, session: Reading, now: Now) -> ReconciliationAnswer:
    """Return what both sides hold and every difference, subject by subject; their gaps add up to the whole.

    As Stripe was last heard (`heardAt`): nothing is asked of it now.
    """
    return ReconciliationAnswer.of(reconcile(session, actor, now=now))
